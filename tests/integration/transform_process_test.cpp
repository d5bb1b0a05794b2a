// The processes that transform orders beside an event loop: what they give back is what the loop would have made, and
// one that dies costs a retry and no order.
#include "pipeline/transform_process.hpp"

#include "mock_api/order_book.hpp"
#include "mock_api/order_json.hpp"
#include "pipeline/transform.hpp"
#include "support/command.hpp"
#include "system/process_tree.hpp"

#include <catch2/catch_test_macros.hpp>

#include <csignal>

using namespace pipebench;
using namespace pipebench::test;
using namespace std::chrono_literals;
using answer = transform_process::answer;
using clock_type = transform_process::clock;

namespace {

const transform_work extra = [] {
    workload work;
    work.transform_cost = {10us, 0.5};
    return transform_work(work, 10);
}();

std::string body_of(order_id id) {
    std::string out;
    append_json(out, make_order(id, 42));
    return out;
}

order_row row_of(order_id id) {
    auto out = transform(make_order(id, 42));
    out.checksum = extra.checksum_after(out);
    return out;
}

clock_type::time_point soon() { return clock_type::now() + 1min; }

transform_process started() { return {PIPEBENCH_BINARY, extra}; }

}  // namespace

TEST_CASE("a process transforms orders as their loop would", "[transform-process]") {
    auto process = started();
    for (order_id id = 1; id <= 20; ++id) {
        order_row row;
        CHECK(process.transform(id, body_of(id), soon(), row) == answer::transformed);
        CHECK(row == row_of(id));
    }
    CHECK(process.deaths() == 0);
}

TEST_CASE("what is not the order is not transformed, and harms no order after it", "[transform-process]") {
    auto process = started();
    order_row row;
    for (const auto& body : {std::string(), std::string("{"), body_of(2), std::string(1024 * 1024, 'x')})
        CHECK(process.transform(1, body, soon(), row) == answer::no_such_order);
    CHECK(process.transform(1, body_of(1), soon(), row) == answer::transformed);
    CHECK(row == row_of(1));
    CHECK(process.deaths() == 0);
}

TEST_CASE("a process that was killed is replaced, and its order is tried again", "[transform-process]") {
    auto process = started();
    order_row row;
    ::kill(process.pid(), SIGKILL);
    CHECK(process.transform(1, body_of(1), soon(), row) == answer::transformed);
    CHECK(row == row_of(1));
    CHECK(process.deaths() == 1);
    CHECK(contains(process.last_death(), "killed by signal 9"));
}

TEST_CASE("processes that cannot work give the order up after two", "[transform-process]") {
    order_row row;
    for (const char* binary : {"/bin/false", "/nowhere/pipebench"}) {
        transform_process process(binary, extra);
        CHECK(process.transform(1, body_of(1), soon(), row) == answer::died);
        CHECK(process.deaths() == 2);
        CHECK_FALSE(process.last_death().empty());
    }
}

TEST_CASE("a process that does not answer by the deadline is killed, and its order is late", "[transform-process]") {
    auto process = started();
    order_row row;
    CHECK(process.transform(1, body_of(1), soon(), row) == answer::transformed);
    const auto stopped = process.pid();
    ::kill(stopped, SIGSTOP);
    CHECK(process.transform(2, body_of(2), clock_type::now() + 200ms, row) == answer::late);
    CHECK_FALSE(is_alive(stopped));
    CHECK(process.deaths() == 0);
    CHECK(process.transform(2, body_of(2), soon(), row) == answer::transformed);
    CHECK(row == row_of(2));
}

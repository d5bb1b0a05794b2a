// What the drivers' common part tells of an order: how long its stages took, and the spans of a trace.
#include "pipeline/driven_course.hpp"

#include "contracts/recorder.hpp"
#include "mock_api/order_book.hpp"
#include "mock_api/order_json.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <numeric>

using namespace pipebench;
using namespace std::chrono_literals;

namespace {

constexpr order_id id = 7;

struct traced_order {
    workload work;
    traffic_state state{};
    recorder record = recorder::create(10, sample_of(1, 42));

    driven_course course() {
        const traffic shared(state, work.retry.budget, work.rate_limit);
        return {work, shared, record.findings(), id};
    }
    static void fetch(driven_course& order, error_kind kind, std::uint16_t status, std::string body = {}) {
        CHECK(order.next() == driven_course::step::fetch);
        static_cast<void>(order.begin_attempt());
        order.fetched({kind, std::move(body), {}, status});
    }
    static std::string body() {
        std::string out;
        append_json(out, make_order(id, 42));
        return out;
    }
    static void transform(driven_course& order) {
        order_scratch scratch;
        order.transform(scratch, transform_work());
        static_cast<void>(order.take_body());
    }
    [[nodiscard]] std::vector<span> spans() const { return record.spans().spans; }
    [[nodiscard]] std::vector<span_kind> kinds() const {
        std::vector<span_kind> out;
        for (const auto& s : spans()) out.push_back(s.what);
        return out;
    }
    [[nodiscard]] std::uint64_t attempts(stage at) const {
        const auto bins = record.stage_duration(at).bins;
        return std::accumulate(bins.begin(), bins.end(), std::uint64_t{0});
    }
};

}  // namespace

TEST_CASE("an order's spans follow each other, and each attempt is one", "[driven-course]") {
    traced_order t;
    t.work.retry.attempts = 4;
    t.work.db_latency = 100ms;
    auto order = t.course();
    t.fetch(order, error_kind::server_error, 503);
    REQUIRE(order.next() == driven_course::step::wait);
    order.waited();
    t.fetch(order, error_kind::none, 200, t.body());
    t.transform(order);
    static_cast<void>(order.begin_attempt());
    order.stored(error_kind::none);
    order.waited();
    CHECK(order.next() == driven_course::step::done);
    using enum span_kind;
    CHECK(t.kinds() == std::vector{fetch, pause, fetch, transform, store, database_latency});
    const auto spans = t.spans();
    for (std::size_t i = 1; i < spans.size(); ++i) CHECK(spans[i - 1].end_ns <= spans[i].begin_ns);
    CHECK(spans[0].status == 503);
    CHECK(spans[0].result == error_kind::server_error);
    CHECK(spans[0].attempt == 1);
    CHECK(spans[1].attempt == 1);
    CHECK(spans[2].attempt == 2);
    CHECK(spans[4].attempt == 1);
    CHECK(t.attempts(stage::fetch) == 2);
    CHECK(t.attempts(stage::transform) == 1);
    CHECK(t.attempts(stage::store) == 1);
}

TEST_CASE("a transform that fails is in the trace, and not among the durations", "[driven-course]") {
    traced_order t;
    auto order = t.course();
    t.fetch(order, error_kind::none, 200, "no order");
    t.transform(order);
    CHECK(order.next() == driven_course::step::done);
    CHECK(t.kinds() == std::vector{span_kind::fetch, span_kind::transform});
    CHECK(t.spans().back().result == error_kind::bad_content);
    CHECK(t.attempts(stage::transform) == 0);
}

TEST_CASE("a wait before the first request is that of the rate limit", "[driven-course]") {
    traced_order t;
    t.work.rate_limit = 1;
    static_cast<void>(t.course());  // takes the first slot
    auto order = t.course();
    REQUIRE(order.next() == driven_course::step::wait);
    order.waited();
    CHECK(t.kinds() == std::vector{span_kind::rate_limit});
}

TEST_CASE("an order that is not traced has no spans", "[driven-course]") {
    traced_order t;
    t.record = recorder::create(10);
    auto order = t.course();
    t.fetch(order, error_kind::none, 200, t.body());
    CHECK(t.spans().empty());
    CHECK(t.attempts(stage::fetch) == 1);
}

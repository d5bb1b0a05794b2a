// The CPU work of a transform. If the ledger accepted the result of fewer rounds as well, work that was skipped would
// pass; if it had to repeat them, it would take as long as the run.
#include "pipeline/transform_work.hpp"

#include "mock_api/order_book.hpp"
#include "pipeline/transform.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <cmath>
#include <set>

using namespace pipebench;
using namespace std::chrono_literals;
using Catch::Matchers::WithinRel;

namespace {

transform_work work_of(cpu_cost cost, double rounds_per_us = 10, std::uint64_t seed = 42) {
    workload w;
    w.seed = seed;
    w.transform_cost = cost;
    return {w, rounds_per_us};
}

order_row row_of(order_id id) { return transform(make_order(id, 42)); }

std::int64_t checksum_spent(const transform_work& work, order_row row) {
    work.spend(row);
    return row.checksum;
}

}  // namespace

TEST_CASE("without a cost a row keeps its checksum", "[transform-cost]") {
    const auto row = row_of(3);
    CHECK(transform_work().none());
    CHECK(transform_work().rounds_of(3) == 0);
    CHECK(checksum_spent({}, row) == row.checksum);
    CHECK(transform_work().checksum_after(row) == row.checksum);
}

TEST_CASE("the result of the work is known without doing it", "[transform-cost]") {
    for (const auto cost : {1us, 2us, 3us, 17us, 100us})
        for (order_id id = 1; id <= 20; ++id) {
            CAPTURE(cost.count(), id);
            const auto work = work_of({cost, 0.5});
            CHECK(checksum_spent(work, row_of(id)) == work.checksum_after(row_of(id)));
            CHECK(checksum_spent(work, row_of(id)) != row_of(id).checksum);
        }
}

TEST_CASE("a row whose work was cut short, or was done for another row, has another checksum", "[transform-cost]") {
    std::set<std::int64_t> results;
    for (const auto cost : {1us, 2us, 3us, 4us, 5us}) results.insert(work_of({cost}).checksum_after(row_of(7)));
    auto other = row_of(7);
    ++other.total_minor;
    results.insert(work_of({5us}).checksum_after(other));
    CHECK(results.size() == 6);
}

TEST_CASE("the checksum that a row has does not change what it should be", "[transform-cost]") {
    auto row = row_of(7);
    const auto right = work_of({5us}).checksum_after(row);
    row.checksum = 1;
    CHECK(work_of({5us}).checksum_after(row) == right);
}

TEST_CASE("a constant cost is the same number of rounds for every order", "[transform-cost]") {
    for (order_id id = 1; id <= 100; ++id) CHECK(work_of({5ms}, 12.5).rounds_of(id) == 62'500);
    CHECK(work_of({1us}, 0.01).rounds_of(1) == 1);  // never none
}

TEST_CASE("a lognormal cost follows from seed and order, and keeps its mean", "[transform-cost]") {
    const auto work = work_of({1ms, 0.5}), same = work_of({1ms, 0.5}), other_seed = work_of({1ms, 0.5}, 10, 43);
    double sum = 0;
    std::set<std::uint64_t> different;
    constexpr order_id orders = 20'000;
    for (order_id id = 1; id <= orders; ++id) {
        const auto rounds = work.rounds_of(id);
        CHECK(rounds == same.rounds_of(id));
        sum += static_cast<double>(rounds);
        different.insert(rounds);
    }
    CHECK(different.size() > 5000);
    CHECK(work.rounds_of(1) != other_seed.rounds_of(1));
    CHECK_THAT(sum / orders, WithinRel(10'000.0, 0.02));
}

TEST_CASE("no order costs more than the longest cost", "[transform-cost]") {
    const auto work = work_of({longest_cpu_cost, 3});
    for (order_id id = 1; id <= 1000; ++id) CHECK(work.rounds_of(id) <= 100'000'000);
}

TEST_CASE("the calibration finds a rate", "[transform-cost]") {
    const double rounds_per_us = calibrate_transform_work();
    CHECK(std::isfinite(rounds_per_us));
    CHECK(rounds_per_us > 0);
}

// What is told about an order, and read of it. begin() and end() are called for every order by whoever does the work:
// what they take is the measurement's own share of the CPU that it measures, and they promise to take no memory.
#include "contracts/recorder.hpp"
#include "micro/measure.hpp"
#include "micro/samples.hpp"
#include "mock_api/order_book.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>

using namespace pipebench;
using namespace pipebench::bench;

namespace {

constexpr std::uint64_t orders = 20'000'000;  ///< more than are begun here: an order that ends again goes another way
constexpr outcome stored{};

/// From a microsecond to 1,000 seconds, each power of ten as likely as the others.
std::vector<std::chrono::nanoseconds> sample_latencies() {
    dice d(42, 0);
    std::vector<std::chrono::nanoseconds> out;
    for (std::size_t i = 0; i < sample_count; ++i) out.emplace_back(std::llround(std::pow(10, 3 + 9 * d.fraction())));
    return out;
}

}  // namespace

TEST_CASE("a latency's bin", "[recorder]") {
    const auto latencies = sample_latencies();
    const auto used = measure({"latency_bin"}, [&](std::size_t i) { return latency_bin(pick(latencies, i)); });
    REQUIRE(used.allocations == 0);
}

TEST_CASE("an order's begin and end", "[recorder]") {
    auto record = recorder::create(orders);
    const auto used = measure({"recorder: begin() and end()"}, [&](std::size_t i) {
        const auto ticket = record.log().begin(1 + i % orders);
        record.log().end(ticket, stored);
    });
    REQUIRE(used.allocations == 0);
}

TEST_CASE("the progress of a run", "[recorder]") {
    auto record = recorder::create(sample_count);
    for (order_id id = 1; id <= sample_count; ++id) record.log().settle(id, stored);
    REQUIRE(measure({"recorder: read()"}, [&](std::size_t) { return record.read(); }).allocations == 0);
}

// Every number of a run comes from the recorder. An order counted twice, or lost between two processes, would be a
// wrong result that looks right.
#include "contracts/recorder.hpp"

#include "contracts/error.hpp"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cmath>
#include <numeric>
#include <thread>

using namespace pipebench;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

namespace {

constexpr outcome success{};
constexpr outcome failure{stage::fetch, error_kind::timeout, 4, 0};

std::size_t index(auto name) { return static_cast<std::size_t>(name); }

std::uint64_t counted_latencies(const recorder& r) {
    const auto counts = r.service().bins;
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

/// The ticket of an order that began so long ago.
order_log::ticket begun_before(order_id id, clock_type::duration ago) { return {id, clock_type::now() - ago}; }

}  // namespace

TEST_CASE("an order is in flight from its begin to its end", "[recorder]") {
    auto r = recorder::create(10);
    const auto first = r.log().begin(1), second = r.log().begin(2);
    CHECK(r.read().in_flight() == 2);
    r.log().end(first, success);
    CHECK(r.read().in_flight() == 1);
    CHECK(r.has_ended(1));
    CHECK_FALSE(r.has_ended(2));
    r.log().end(second, failure);
    CHECK(r.read().in_flight() == 0);
    CHECK(r.read().stored == 1);
    CHECK(r.read().failed == 1);
}

TEST_CASE("a failure is counted under its stage and kind, a success under none", "[recorder]") {
    auto r = recorder::create(10);
    r.log().end(r.log().begin(1), success);
    r.log().end(r.log().begin(2), failure);
    const auto failures = r.read().failures;
    CHECK(failures[index(stage::fetch)][index(error_kind::timeout)] == 1);
    std::uint64_t all = 0;
    for (const auto& at : failures) all = std::accumulate(at.begin(), at.end(), all);
    CHECK(all == 1);
    CHECK(r.was_stored(1));
    CHECK_FALSE(r.was_stored(2));
}

TEST_CASE("the attempts of all orders that ended are summed", "[recorder]") {
    auto r = recorder::create(10);
    r.log().end(r.log().begin(1), {stage::store, error_kind::none, 3, 2});
    r.log().end(r.log().begin(2), failure);
    CHECK(r.read().http_attempts == 7);
    CHECK(r.read().store_attempts == 2);
}

TEST_CASE("a second end of an order is a repetition and counts it no second time", "[recorder]") {
    auto r = recorder::create(10);
    r.log().end(r.log().begin(1), success);
    r.log().end(r.log().begin(1), success);
    r.log().end(r.log().begin(1), failure);
    const auto p = r.read();
    CHECK(p.repeated == 2);
    CHECK(p.begun == 1);
    CHECK(p.stored == 1);
    CHECK(p.failed == 0);
    CHECK(p.in_flight() == 0);
    CHECK(counted_latencies(r) == 1);
    CHECK(r.was_stored(1));
}

TEST_CASE("a late success wins over a failure", "[recorder]") {
    auto r = recorder::create(10);
    r.log().end(r.log().begin(1), failure);
    CHECK_FALSE(r.was_stored(1));
    r.log().end(r.log().begin(1), success);
    CHECK(r.was_stored(1));
    CHECK(r.read().stored == 1);
    CHECK(r.read().failed == 0);
    CHECK(r.read().repeated == 1);
}

TEST_CASE("an order that two have in hand is in flight once, and leaves nothing in flight", "[recorder]") {
    auto r = recorder::create(10);
    const auto first = r.log().begin(1), second = r.log().begin(1);
    CHECK(r.read().in_flight() == 1);
    r.log().end(first, success);
    r.log().end(second, success);
    const auto other = r.log().begin(2);
    CHECK(r.read().in_flight() == 1);
    r.log().end(other, success);
    CHECK(r.read().in_flight() == 0);
    CHECK(r.read().begun_again == 0);
}

TEST_CASE("an order whose first holder has died is known as begun again", "[recorder]") {
    auto r = recorder::create(10);
    static_cast<void>(r.log().begin(1));
    r.log().end(r.log().begin(1), success);
    CHECK(r.read().begun_again == 1);
    CHECK(r.read().in_flight() == 0);
}

TEST_CASE("a late success takes the failure back, so that the kinds add up to what failed", "[recorder]") {
    auto r = recorder::create(10);
    r.log().end(r.log().begin(1), {stage::fetch, error_kind::timeout, 4, 0});
    r.log().end(r.log().begin(1), {stage::store, error_kind::database, 1, 1});  // failed otherwise the second time
    r.log().end(r.log().begin(2), {stage::fetch, error_kind::timeout, 4, 0});
    r.log().end(r.log().begin(1), success);
    const auto p = r.read();
    CHECK(p.failed == 1);
    CHECK(p.failures[index(stage::fetch)][index(error_kind::timeout)] == 1);
    CHECK(p.failures[index(stage::store)][index(error_kind::database)] == 0);
}

TEST_CASE("the end of an order that nobody ordered is ignored", "[recorder]") {
    auto r = recorder::create(64);
    r.log().end({0, clock_type::now()}, success);
    r.log().end({65, clock_type::now()}, success);
    r.log().end({~order_id{0}, clock_type::now()}, failure);
    CHECK(r.read().ended() == 0);
    CHECK(r.read().http_attempts == 0);
    CHECK(counted_latencies(r) == 0);
    r.log().end(r.log().begin(64), success);  // the last one is within
    CHECK(r.was_stored(64));
}

TEST_CASE("an outcome that names no stage or kind is the death of the worker that sent it", "[recorder]") {
    auto r = recorder::create(10);
    r.log().end(r.log().begin(1), {static_cast<stage>(stage_count), error_kind::timeout});
    r.log().end(r.log().begin(2), {stage::fetch, static_cast<error_kind>(error_kind_count)});
    r.log().end(r.log().begin(3), {static_cast<stage>(255), error_kind::none});
    CHECK(r.read().failed == 3);
    CHECK(r.read().failures[index(stage::schedule)][index(error_kind::worker_died)] == 3);
}

TEST_CASE("an order that is settled has ended, and nobody knows how long it took", "[recorder]") {
    auto r = recorder::create(10);
    r.log().settle(1, success);
    r.log().settle(2, failure);
    const auto p = r.read();
    CHECK(p.stored == 1);
    CHECK(p.failed == 1);
    CHECK(p.failures[index(stage::fetch)][index(error_kind::timeout)] == 1);
    CHECK(p.http_attempts == 5);
    CHECK(p.in_flight() == 0);
    CHECK(r.was_stored(1));
    CHECK(r.has_ended(2));
    CHECK_FALSE(r.was_stored(2));
    CHECK(counted_latencies(r) == 0);
    CHECK(r.service().sum == 0ns);
    CHECK(r.service().max == 0ns);
}

TEST_CASE("an order that was begun and is settled is in flight no more", "[recorder]") {
    auto r = recorder::create(10);
    (void)r.log().begin(1);
    REQUIRE(r.read().in_flight() == 1);
    r.log().settle(1, success);
    CHECK(r.read().in_flight() == 0);
    CHECK(r.read().begun == 1);
    CHECK(counted_latencies(r) == 0);
}

TEST_CASE("to settle an order that has ended is a repetition, and a late success wins there, too", "[recorder]") {
    auto r = recorder::create(10);
    r.log().end(r.log().begin(1), success);
    r.log().settle(1, failure);
    r.log().settle(2, failure);
    r.log().settle(2, success);
    const auto p = r.read();
    CHECK(p.repeated == 2);
    CHECK(p.stored == 2);
    CHECK(p.failed == 0);
    CHECK(p.failures[index(stage::fetch)][index(error_kind::timeout)] == 0);
    CHECK(counted_latencies(r) == 1);  // of the one timed order
}

TEST_CASE("an order that nobody ordered is not settled", "[recorder]") {
    auto r = recorder::create(64);
    r.log().settle(0, success);
    r.log().settle(65, success);
    r.log().settle(~order_id{0}, failure);
    CHECK(r.read().ended() == 0);
    CHECK(r.read().http_attempts == 0);
}

TEST_CASE("each order has bits of its own, also where they share a word", "[recorder]") {
    auto r = recorder::create(200);
    for (order_id id = 1; id <= 200; id += 3) r.log().end(r.log().begin(id), id % 2 == 0 ? success : failure);
    for (order_id id = 1; id <= 200; ++id) {
        CAPTURE(id);
        REQUIRE(r.has_ended(id) == (id % 3 == 1));
        REQUIRE(r.was_stored(id) == (id % 6 == 4));
    }
}

TEST_CASE("a latency bin is 1 % wide", "[recorder]") {
    for (std::size_t bin = 0; bin < latency_bins; ++bin) {
        const double middle_ns = 1000 * std::pow(1.01, static_cast<double>(bin) + 0.5);
        CAPTURE(bin);
        REQUIRE(latency_bin(std::chrono::nanoseconds(std::llround(middle_ns))) == bin);
    }
}

TEST_CASE("a latency beyond either end falls into the bin at that end", "[recorder]") {
    CHECK(latency_bin(-1s) == 0);
    CHECK(latency_bin(0s) == 0);
    CHECK(latency_bin(1us) == 0);
    CHECK(latency_bin(1h) == latency_bins - 1);
    CHECK(latency_bin(clock_type::duration::max()) == latency_bins - 1);
    CHECK(latency_bin(1000s) < latency_bins - 1);
}

TEST_CASE("latencies are binned, summed, and the largest is kept", "[recorder]") {
    auto r = recorder::create(10);
    r.log().end(begun_before(1, 2s), success);
    r.log().end(begun_before(2, 5s), failure);
    r.log().end(begun_before(3, 1s), success);
    CHECK(r.service().max >= 5s);
    CHECK(r.service().max < 6s);
    CHECK(r.service().sum >= 8s);
    CHECK(r.service().sum < 9s);
    const auto counts = r.service().bins;
    const auto at_least_5s = std::accumulate(counts.begin() + static_cast<std::ptrdiff_t>(latency_bin(5s)),
                                             counts.end(), std::uint64_t{0});
    CHECK(at_least_5s == 1);
    CHECK(counted_latencies(r) == 3);
}

TEST_CASE("a record that leaves latencies out counts all else", "[recorder]") {
    auto r = recorder::create(10);
    r.leave_out_latencies();
    const auto first = r.log().begin(1), second = r.log().begin(2);
    CHECK(r.read().in_flight() == 2);
    r.log().end(first, {stage::store, error_kind::none, 3, 2});
    r.log().end(second, failure);
    r.log().end(r.log().begin(1), success);
    const auto p = r.read();
    CHECK(p.begun == 2);
    CHECK(p.in_flight() == 0);
    CHECK(p.stored == 1);
    CHECK(p.failed == 1);
    CHECK(p.repeated == 1);
    CHECK(p.http_attempts == 8);
    CHECK(p.store_attempts == 3);
    CHECK(p.failures[index(stage::fetch)][index(error_kind::timeout)] == 1);
    CHECK(r.was_stored(1));
    CHECK(r.has_ended(2));
    CHECK(counted_latencies(r) == 0);
    CHECK(r.service().sum == 0ns);
    CHECK(r.service().max == 0ns);
}

TEST_CASE("latencies are left out from where it is said on, also of orders on their way", "[recorder]") {
    auto r = recorder::create(10);
    r.log().end(begun_before(1, 1s), success);
    const auto on_its_way = begun_before(2, 5s);
    r.leave_out_latencies();
    r.log().end(on_its_way, success);
    r.log().end(r.log().begin(3), success);
    CHECK(r.read().stored == 3);
    CHECK(counted_latencies(r) == 1);
    CHECK(r.service().max >= 1s);
    CHECK(r.service().max < 5s);
    CHECK(r.service().sum == r.service().max);
}

TEST_CASE("each stage has a distribution of its own, which whoever shares the record adds to", "[recorder]") {
    auto record = recorder::create(10);
    auto shared = recorder::attach(::dup(record.descriptor()));
    record.findings().count_stage(stage::fetch, 100ms);
    shared.findings().count_stage(stage::fetch, 300ms);
    shared.findings().count_stage(stage::store, 2ms);
    CHECK(record.stage_duration(stage::fetch).sum == 400ms);
    CHECK(record.stage_duration(stage::fetch).max == 300ms);
    CHECK(record.stage_duration(stage::fetch).bins[latency_bin(100ms)] == 1);
    CHECK(record.stage_duration(stage::transform).max == 0ms);
    CHECK(record.stage_duration(stage::store).sum == 2ms);
    shared.leave_out_latencies();
    record.findings().count_stage(stage::store, 2ms);
    CHECK(record.stage_duration(stage::store).sum == 2ms);
    run_findings().count_stage(stage::store, 2ms);  // keeps nothing
}

TEST_CASE("a process that shares the record leaves latencies out as well", "[recorder]") {
    auto r = recorder::create(10);
    auto shared = recorder::attach(::dup(r.descriptor()));
    r.leave_out_latencies();
    shared.log().end(shared.log().begin(1), success);
    CHECK(r.read().stored == 1);
    CHECK(counted_latencies(r) == 0);
    CHECK(counted_latencies(shared) == 0);
}

TEST_CASE("samples are counted by section, by whoever shares the record, and touch nothing else", "[recorder]") {
    using counts = std::array<std::uint64_t, cpu_section_count>;
    auto r = recorder::create(10);
    auto shared = recorder::attach(::dup(r.descriptor()));
    CHECK(r.samples() == counts{});
    std::uint64_t times = 0;
    for (const auto s : {cpu_section::scheduling, cpu_section::fetch, cpu_section::transform, cpu_section::store}) {
        ++times;
        for (std::uint64_t i = 0; i < times; ++i) (i % 2 == 0 ? r : shared).count_sample(s);
    }
    CHECK(r.samples() == counts{1, 2, 3, 4});
    CHECK(shared.samples() == r.samples());
    CHECK(r.read().begun == 0);
    CHECK(r.read().ended() == 0);
    CHECK(counted_latencies(r) == 0);
    CHECK(r.peak_rss() == 0);
}

TEST_CASE("the clock stands at nothing, runs, and stands still", "[recorder]") {
    auto r = recorder::create(1);
    CHECK(r.elapsed() == 0ns);
    r.start_clock();
    CHECK_FALSE(r.clock_stopped());
    const auto early = r.elapsed();
    while (r.elapsed() == early) std::this_thread::yield();  // it runs
    r.stop_clock();
    CHECK(r.clock_stopped());
    const auto stopped_at = r.elapsed(), before = std::chrono::nanoseconds(clock_type::now().time_since_epoch());
    while (std::chrono::nanoseconds(clock_type::now().time_since_epoch()) == before) std::this_thread::yield();
    CHECK(r.elapsed() == stopped_at);
    CHECK(stopped_at > early);
}

TEST_CASE("a clock that is restarted has not seen what came before", "[recorder]") {
    auto r = recorder::create(1);
    r.start_clock();
    while (r.elapsed() < 5ms) std::this_thread::yield();
    const auto before = clock_type::now();
    r.restart_clock();
    const auto elapsed = r.elapsed();
    CHECK(elapsed <= clock_type::now() - before);
    CHECK_FALSE(r.clock_stopped());
    r.start_clock();  // it runs already
    while (r.elapsed() <= elapsed) std::this_thread::yield();
    r.stop_clock();
    CHECK(r.elapsed() > elapsed);
    CHECK(r.elapsed() <= clock_type::now() - before);
}

TEST_CASE("a clock that never ran is started where it is restarted", "[recorder]") {
    auto r = recorder::create(1);
    const auto before = clock_type::now();
    r.restart_clock();
    while (r.elapsed() == 0ns) std::this_thread::yield();
    const auto elapsed = r.elapsed();  // before the clock is read again
    CHECK(elapsed <= clock_type::now() - before);
}

TEST_CASE("a stop that is requested is seen through a flag given out before", "[recorder]") {
    auto r = recorder::create(1);
    const auto stop = r.stop();
    CHECK_FALSE(stop.requested());
    r.request_stop();
    CHECK(stop.requested());
}

TEST_CASE("a process that inherited the descriptor writes the same record", "[recorder]") {
    auto r = recorder::create(100);
    r.log().end(r.log().begin(1), success);
    const pid_t pid = ::fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        auto mine = recorder::attach(::dup(r.descriptor()));
        const bool seen = mine.orders() == 100 && mine.was_stored(1);
        mine.log().end(mine.log().begin(2), failure);
        mine.request_stop();
        ::_exit(seen ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    CHECK(status == 0);
    CHECK(r.read().stored == 1);
    CHECK(r.read().failed == 1);
    CHECK(r.has_ended(2));
    CHECK(r.stop().requested());
}

TEST_CASE("what is not a record cannot be attached", "[recorder]") {
    CHECK_THROWS_AS(recorder::attach(-1), setup_error);
    const auto of_size = [](off_t bytes) {
        const int fd = ::memfd_create("not a record", MFD_CLOEXEC);
        REQUIRE(::ftruncate(fd, bytes) == 0);
        return fd;
    };
    CHECK_THROWS_AS(recorder::attach(of_size(0)), setup_error);
    CHECK_THROWS_AS(recorder::attach(of_size(1 << 20)), setup_error);  // of zeros: a record of no orders is smaller
}

TEST_CASE("a record that was moved stays where it is", "[recorder]") {
    auto r = recorder::create(10);
    r.log().end(r.log().begin(1), success);
    const auto moved = std::move(r);
    CHECK(moved.was_stored(1));
    CHECK(moved.read().stored == 1);
}

TEST_CASE("threads that end the same orders at the same time count each exactly once", "[recorder]") {
    constexpr std::uint64_t orders = 5'000, threads = 8;
    auto r = recorder::create(orders);
    std::vector<std::thread> all;
    for (std::uint64_t t = 0; t < threads; ++t)
        all.emplace_back([&r, t] {
            for (order_id id = 1; id <= orders; ++id)
                r.log().end(r.log().begin(id), (id + t) % 2 == 0 ? success : failure);
        });
    for (auto& t : all) t.join();
    const auto p = r.read();
    CHECK(p.stored == orders);  // half of the threads stored each of them
    CHECK(p.failed == 0);
    CHECK(p.begun == orders);
    CHECK(p.repeated == (threads - 1) * orders);
    CHECK(p.http_attempts == orders * threads / 2 * 5);
    CHECK(counted_latencies(r) == orders);
}

// --- runs that are killed and restarted ---

TEST_CASE("an order that is begun again after a death is in flight once", "[recorder]") {
    auto r = recorder::create(10);
    (void)r.log().begin(1);  // its worker has died
    const auto again = r.log().begin(1);
    CHECK(r.read().begun == 1);
    CHECK(r.read().in_flight() == 1);
    r.log().end(again, success);
    CHECK(r.read().in_flight() == 0);
    CHECK(r.read().repeated == 0);
}

TEST_CASE("an order that was done, and is done again, is in flight meanwhile", "[recorder]") {
    auto r = recorder::create(10);
    r.log().end(r.log().begin(1), success);
    const auto again = r.log().begin(1);
    CHECK(r.read().in_flight() == 1);
    r.log().end(again, success);
    CHECK(r.read().in_flight() == 0);
    CHECK(r.read().begun == 1);
}

TEST_CASE("what a killed run had in flight or in its queue is forgotten, what it had done is not", "[recorder]") {
    auto r = recorder::create(10);
    for (int i = 0; i < 6; ++i) r.log().offer();
    r.log().end(r.log().begin(1), success);
    (void)r.log().begin(2);
    (void)r.log().begin(3);
    REQUIRE(r.read().in_flight() == 2);
    REQUIRE(r.read().queued == 3);
    r.forget_unfinished();
    CHECK(r.read().in_flight() == 0);
    CHECK(r.read().queued == 0);
    CHECK(r.read().begun == 1);
    CHECK(r.read().stored == 1);
    CHECK(r.has_ended(1));
    // The next run repeats all of them.
    for (order_id id = 1; id <= 3; ++id) r.log().offer();
    CHECK(r.read().queued == 3);
    const auto first = r.log().begin(1), second = r.log().begin(2), third = r.log().begin(3);
    CHECK(r.read().queued == 0);
    CHECK(r.read().in_flight() == 3);
    for (const auto& t : {first, second, third}) r.log().end(t, success);
    CHECK(r.read().in_flight() == 0);
    CHECK(r.read().begun == 3);
    CHECK(r.read().stored == 3);
    CHECK(r.read().repeated == 1);
}

TEST_CASE("a run that is killed again and again leaves nothing in flight", "[recorder]") {
    auto r = recorder::create(200);
    for (int run = 0; run < 4; ++run) {
        for (order_id id = 1; id <= 200; ++id) {
            const auto t = r.log().begin(id);
            if (id % 3 == 0) r.log().end(t, success);
        }
        r.forget_unfinished();
        REQUIRE(r.read().in_flight() == 0);
        REQUIRE(r.read().begun == 66);
    }
    CHECK(r.read().repeated == 3 * 66);
}

TEST_CASE("an order waits from its offer to its begin, and where nothing is offered nothing waits", "[recorder]") {
    auto r = recorder::create(10);
    for (int i = 0; i < 3; ++i) r.log().offer();
    CHECK(r.read().queued == 3);
    (void)r.log().begin(1);
    CHECK(r.read().queued == 2);
    (void)r.log().begin(2);
    (void)r.log().begin(3);
    CHECK(r.read().queued == 0);
    (void)r.log().begin(4);  // of a pattern without a queue
    CHECK(r.read().queued == 0);
}

TEST_CASE("recovery is from the first kill to the next order that ends for the first time", "[recorder]") {
    auto r = recorder::create(10);
    const auto tick = [&] {
        for (const auto now = r.elapsed(); r.elapsed() == now;) std::this_thread::yield();
    };
    r.start_clock();
    r.log().end(r.log().begin(1), success);
    tick();
    CHECK(r.killed_at() == 0ns);
    CHECK(r.resumed_at() == 0ns);
    r.mark_kill();
    const auto killed = r.killed_at();
    CHECK(killed > 0ns);
    CHECK(killed <= r.elapsed());
    tick();
    r.log().end(r.log().begin(1), success);  // a repetition is no progress
    CHECK(r.resumed_at() == 0ns);
    r.log().end(r.log().begin(2), failure);
    const auto resumed = r.resumed_at();
    CHECK(resumed > killed);
    tick();
    r.mark_kill();
    r.log().end(r.log().begin(3), success);
    CHECK(r.killed_at() == killed);
    CHECK(r.resumed_at() == resumed);
}

TEST_CASE("a dead letter is a failure of the schedule, without an attempt", "[recorder]") {
    auto r = recorder::create(10);
    r.log().end(r.log().begin(1), {stage::schedule, error_kind::dead_letter, 0, 0});
    const auto p = r.read();
    CHECK(p.failures[index(stage::schedule)][index(error_kind::dead_letter)] == 1);
    CHECK(p.failed == 1);
    CHECK(p.http_attempts == 0);
    CHECK(p.store_attempts == 0);
    CHECK(r.has_ended(1));
}

TEST_CASE("the attempts of repetitions are told from the others", "[recorder]") {
    auto r = recorder::create(10);
    r.log().end(r.log().begin(1), {stage::store, error_kind::none, 3, 1});
    r.log().end(r.log().begin(1), {stage::store, error_kind::none, 2, 1});
    CHECK(r.read().http_attempts == 5);
    CHECK(r.read().repeated_attempts == 2);
}

TEST_CASE("a clock that is started again goes on from its first start", "[recorder]") {
    auto r = recorder::create(1);
    r.start_clock();
    while (r.elapsed() < 5ms) std::this_thread::yield();
    r.start_clock();
    CHECK(r.elapsed() >= 5ms);
}

TEST_CASE("the traffic of all who hold the record is one", "[recorder]") {
    auto r = recorder::create(1);
    auto same = recorder::attach(::dup(r.descriptor()));
    traffic(same.shared_traffic(), 0, 0).count_first();
    CHECK(traffic(r.shared_traffic(), 0, 0).take_retry());
    CHECK(same.shared_traffic().firsts == 1);
    CHECK(same.read().retries == 1);
    CHECK(same.read().refused_retries == 0);
}

TEST_CASE("an order that was carried out elsewhere counts once, with the time that its worker measured",
          "[recorder]") {
    auto r = recorder::create(10);
    r.start_clock();
    while (r.elapsed() < 3ms) std::this_thread::yield();
    auto log = r.log();
    log.end_elsewhere(1, {stage::store, error_kind::none, 2, 1}, 2ms);
    log.end_elsewhere(2, failure, 1ms);
    auto p = r.read();
    CHECK(p.begun == 2);
    CHECK(p.stored == 1);
    CHECK(p.failed == 1);
    CHECK(p.http_attempts == 6);
    CHECK(p.in_flight() == 0);
    CHECK(counted_latencies(r) == 2);
    CHECK(r.service().max >= 2ms);
    log.end_elsewhere(1, success, 2ms);  // delivered again
    p = r.read();
    CHECK(p.begun == 2);
    CHECK(p.repeated == 1);
    CHECK(counted_latencies(r) == 2);
    CHECK(p.in_flight() == 0);
}

TEST_CASE("a time that another machine made up is no longer than the run, and not negative", "[recorder]") {
    auto r = recorder::create(10);
    r.start_clock();
    auto log = r.log();
    log.end_elsewhere(1, success, 24h);
    log.end_elsewhere(2, success, -24h);
    log.end_elsewhere(99, success, 1ms);  // nobody ordered it
    CHECK(r.service().max <= r.elapsed());
    CHECK(r.service().sum >= 0ns);
    CHECK(r.read().stored == 2);
    CHECK(r.read().begun == 2);
}

TEST_CASE("the end of an order tells how long it took", "[recorder]") {
    auto r = recorder::create(10);
    CHECK(r.log().end(begun_before(1, 50ms), success) >= 50ms);
    CHECK(r.log().end({2, {}}, success) == 0ns);
}

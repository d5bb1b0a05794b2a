// The series shows a run over time. Too many points fill the result, and points at wrong moments distort the curve.
// The tests pass the time as a number.
#include "measure/series.hpp"

#include "contracts/recorder.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <thread>
#include <vector>

using namespace pipebench;
using namespace std::chrono_literals;

namespace {

constexpr outcome success{};

/// Samples a run with a running clock at every tick of 100 ms. The RSS of a point is the number of its tick, in MB.
class ticking {
public:
    explicit ticking(stream_probe probe = {}) : sampler_(record, std::move(probe)), began_(sampler_.next()) {
        record.start_clock();
        while (record.elapsed() == 0ns) std::this_thread::yield();
    }
    void tick() {
        sampler_.sample_when_due(ticks_ * 1'000'000, began_ + ticks_ * 100ms);
        ++ticks_;
    }
    void tick(int times) {
        for (int i = 0; i < times; ++i) tick();
    }
    series_view take() { return sampler_.take(); }

    recorder record = recorder::create(10);

private:
    series_sampler sampler_;
    series_sampler::clock::time_point began_;
    std::uint64_t ticks_ = 0;
};

void check_columns(const series_view& s, std::size_t points) {
    for (const auto* column :
         {&s.t_s, &s.in_flight, &s.queued, &s.lag, &s.pending, &s.completed, &s.failed, &s.rss_mb})
        CHECK(column->size() == points);
}

/// Checks that consecutive points are that many ticks apart.
void check_that_it_is_even(const series_view& s, std::uint64_t apart) {
    CHECK(s.interval_ms == 100.0 * static_cast<double>(apart));
    for (std::size_t i = 0; i < s.rss_mb.size(); ++i) {
        CAPTURE(i, apart);
        REQUIRE(s.rss_mb[i] == static_cast<double>(i * apart));
    }
}

}  // namespace

TEST_CASE("a short run has every point, ten a second", "[series]") {
    ticking run;
    run.tick(max_series_points);
    const auto s = run.take();
    check_columns(s, max_series_points);
    check_that_it_is_even(s, 1);
}

TEST_CASE("with each point too many every second one goes, and the others stay evenly spread", "[series]") {
    for (const int ticks : {1'201, 1'203, 2'399, 2'401, 2'405, 5'000, 20'000}) {
        CAPTURE(ticks);
        ticking run;
        run.tick(ticks);
        const auto s = run.take();
        REQUIRE(s.rss_mb.size() <= max_series_points);
        CHECK(s.rss_mb.size() >= max_series_points / 2);
        std::uint64_t apart = 1;
        while (static_cast<std::uint64_t>(ticks - 1) / apart >= max_series_points) apart *= 2;
        check_columns(s, (static_cast<std::size_t>(ticks) - 1) / apart + 1);
        check_that_it_is_even(s, apart);
    }
}

TEST_CASE("between two points that are due nothing is sampled", "[series]") {
    auto record = recorder::create(1);
    record.start_clock();
    while (record.elapsed() == 0ns) std::this_thread::yield();
    series_sampler sampler(record, {});
    const auto now = sampler.next();
    sampler.sample_when_due(1, now - 1ns);
    CHECK(sampler.next() == now);
    sampler.sample_when_due(1, now);
    CHECK(sampler.next() == now + 100ms);
    sampler.sample_when_due(1, now + 99ms);
    check_columns(sampler.take(), 1);
}

TEST_CASE("before the run's clock goes and after it has stopped there are no points", "[series]") {
    auto record = recorder::create(1);
    series_sampler sampler(record, {});
    sampler.sample_when_due(1, sampler.next());
    record.start_clock();
    while (record.elapsed() == 0ns) std::this_thread::yield();
    sampler.sample_when_due(1, sampler.next());
    record.stop_clock();
    sampler.sample_when_due(1, sampler.next());
    check_columns(sampler.take(), 1);
}

TEST_CASE("a point has what was in flight, waited, was done and failed", "[series]") {
    ticking run;
    for (int i = 0; i < 6; ++i) run.record.log().offer();
    run.record.log().end(run.record.log().begin(1), success);
    run.record.log().end(run.record.log().begin(2), {stage::fetch, error_kind::timeout, 1, 0});
    (void)run.record.log().begin(3);
    run.tick(2);
    const auto s = run.take();
    check_columns(s, 2);
    CHECK(s.completed[1] == 1);
    CHECK(s.failed[1] == 1);
    CHECK(s.in_flight[1] == 1);
    CHECK(s.queued[1] == 3);
    CHECK(s.t_s[1] >= s.t_s[0]);
    CHECK(s.rss_mb[1] == 1);
}

TEST_CASE("the depths of a stream are asked for once a point, and are not known where there is none", "[series]") {
    ticking without;
    without.tick();
    const auto unknown = without.take();
    CHECK(std::isnan(unknown.lag.at(0)));
    CHECK(std::isnan(unknown.pending.at(0)));
    double asked = 0;
    ticking with([&] { return stream_depth{++asked, std::nan("")}; });
    with.tick(3);
    const auto s = with.take();
    CHECK(s.lag == std::vector<double>{1, 2, 3});
    CHECK(std::isnan(s.pending.at(2)));
}

// The search for the smallest size, without runs.
#include "session/size_search.hpp"

#include "contracts/error.hpp"
#include "support/command.hpp"
#include "support/fake_run.hpp"
#include "support/load_runs.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <csignal>
#include <functional>

using namespace pipebench;
using namespace pipebench::test;
using namespace std::chrono_literals;

namespace {

/// A search of one pattern, whose size is its permits. 100/s of 50 ms are 5 erlang.
struct bench {
    size_search_settings settings;
    load_search_observer observer;
    session_settings session;
    std::vector<unsigned> sizes;
    std::vector<duration> lengths;
    std::function<bool(unsigned size, bool longer)> meets = [](unsigned size, bool) { return size >= 7; };
    std::function<void(run_result&, unsigned size)> change = [](run_result&, unsigned) {};
    int signal_after = 0;  ///< runs

    explicit bench(bool bounded = true) {
        session.work = load_work();
        // The floor of its orders in flight is that of a size of 1.
        const auto who =
            std::make_shared<fake_contestant>("semaphore", needs{.in_flight = 1, .bounds_in_flight = bounded});
        const auto at = [this, who](double size) {
            auto out = session;
            out.contestants = {who};
            out.work.permits = static_cast<unsigned>(size);
            return out;
        };
        settings.patterns = {{who, at, [](const workload& w) { return fmt::format("{} permits", w.permits); }}};
    }
    bench(const bench&) = delete;
    bench& operator=(const bench&) = delete;

    load_search_outcome run() {
        return run_size_search(settings, observer, [this](const auto& s, const auto&) { return measure(s); });
    }
    session_outcome measure(const session_settings& s) {
        const auto size = s.work.permits;
        const bool longer = !lengths.empty() && s.work.arrive.time > lengths.front();
        sizes.push_back(size);
        lengths.push_back(s.work.arrive.time);
        auto run = load_run("semaphore", s.work, meets(size, longer) ? 0 : s.work.orders);
        run.series.in_flight = {1, 7, 3};
        change(run, size);
        session_outcome out;
        out.result.runs.push_back(run);
        if (signal_after > 0 && sizes.size() == static_cast<std::size_t>(signal_after)) {
            out.signal = SIGTERM;
            out.result.interrupted = true;
        }
        return out;
    }
};

}  // namespace

TEST_CASE("the smallest size is found from what the formula expects, confirmed, and contrasted", "[size_search]") {
    bench b;
    const auto out = b.run();
    const auto& p = out.patterns.front();
    REQUIRE(p.expected);
    CHECK(b.sizes.front() == *p.expected);
    for (std::size_t i = 0; i + 1 < b.sizes.size(); ++i) CHECK(b.sizes[i] > 5);  // the rest cannot be stable
    REQUIRE(p.answer() != nullptr);
    CHECK(p.answer()->value == 7);
    CHECK(p.answer()->purpose == point_purpose::confirm);
    CHECK(p.found.not_met == 6);
    CHECK(p.what == "7 permits");
    CHECK(b.sizes.back() == 3);
    CHECK(p.points.back().purpose == point_purpose::contrast);
    CHECK(p.points.back().judged.verdict == objective_verdict::not_met);
    CHECK_FALSE(p.found.contradicted);
    CHECK(out.rate == "100 orders/s");
    CHECK_FALSE(out.interrupted);
}

TEST_CASE("a larger size than the formula expects is found, too", "[size_search]") {
    bench b;
    b.meets = [](unsigned size, bool) { return size >= 40; };
    const auto p = b.run().patterns.front();
    REQUIRE(p.answer() != nullptr);
    CHECK(p.answer()->value == 40);
}

TEST_CASE("a size that a longer run does not confirm gives way to the next", "[size_search]") {
    bench b;
    b.settings.length = 20s;
    b.meets = [](unsigned size, bool longer) { return size >= (longer ? 8u : 7u); };
    const auto p = b.run().patterns.front();
    REQUIRE(p.answer() != nullptr);
    CHECK(p.answer()->value == 8);
    CHECK(p.found.not_met == 7);
    CHECK(p.found.contradicted);
}

TEST_CASE("half of the answer that meets the objectives, too, contradicts it", "[size_search]") {
    bench b;
    b.meets = [](unsigned size, bool) { return size >= 7 || size == 3; };
    const auto p = b.run().patterns.front();
    CHECK(p.answer() != nullptr);
    CHECK(p.found.contradicted);
}

TEST_CASE("a contrast that says nothing leaves the answer", "[size_search]") {
    bench b;
    b.change = [](run_result& run, unsigned size) {
        if (size == 3) run.verdict = {verdict_kind::invalid_late_arrivals, "INVALID: orders arrived late"};
    };
    const auto p = b.run().patterns.front();
    CHECK(p.answer() != nullptr);
    CHECK(p.not_known.empty());
}

TEST_CASE("a pattern that nothing bounds is measured once", "[size_search]") {
    bench b(false);
    const bool meets = GENERATE(true, false);
    b.meets = [meets](unsigned, bool) { return meets; };
    const auto p = b.run().patterns.front();
    CHECK(b.sizes.size() == 1);
    CHECK((p.answer() != nullptr) == meets);
    CHECK(p.not_known.empty() == meets);
    CHECK(p.what == "up to 7 in flight (sampled)");
}

TEST_CASE("no size at all ends after its tries, with the reason", "[size_search]") {
    bench b;
    b.meets = [](unsigned, bool) { return false; };
    const auto out = b.run();
    const auto& p = out.patterns.front();
    CHECK(contains(p.not_known, "not met at any size that was tried, up to 10000"));
    CHECK_FALSE(has_answers(out));
    CHECK(b.sizes.size() <= 12);
}

TEST_CASE("a signal ends the search for a size with what is known", "[size_search][signal]") {
    bench b;
    b.signal_after = 2;
    const auto out = b.run();
    CHECK(out.signal == SIGTERM);
    CHECK(out.interrupted);
    CHECK(out.patterns.front().points.size() == 1);
    CHECK(out.patterns.front().answer() == nullptr);
}

TEST_CASE("an objective that no size can meet is refused", "[size_search][bad-input]") {
    bench b;
    b.session.work.objectives = {{.quantile = 0.99, .limit = 40ms}};
    CHECK_THROWS_AS(b.run(), setup_error);
    CHECK(b.sizes.empty());
}

// What a view keeps of a run: one moment per second, and nothing of another run.
#include "watch/status_history.hpp"

#include "support/statuses.hpp"
#include "watch/sparkline.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>

using namespace pipebench;
using namespace pipebench::test;

namespace {

void take(status_history& into, const nlohmann::json& status) { into.take(parse_status(status.dump())); }

}  // namespace

TEST_CASE("the rate is that of the last second, and its mean that of the run", "[status_history]") {
    status_history seen;
    take(seen, status_at(1, 100));
    take(seen, status_at(2, 400));
    take(seen, status_at(2.5, 500));
    REQUIRE(seen.moments().size() == 2);
    CHECK(seen.moments().back().rate == 400 / 1.5);
    CHECK(mean_rate(*seen.last()->run) == 200);
    CHECK(seconds_left(*seen.last()->run) == 9500 / 200.0);
    CHECK(share_done(*seen.last()->run) == 0.05);
}

TEST_CASE("seconds that nobody saw are not known", "[status_history]") {
    status_history seen;
    take(seen, status_at(1, 100));
    take(seen, status_at(3, 300));
    const auto rates = seen.series(&run_moment::rate, 4);
    REQUIRE(rates.size() == 4);
    CHECK(std::isnan(rates[0]));
    CHECK(rates[1] == 100);
    CHECK(std::isnan(rates[2]));
    CHECK(rates[3] == 100);
}

TEST_CASE("moments of another run are forgotten, and old ones of a long run", "[status_history]") {
    status_history seen;
    for (int second = 1; second <= static_cast<int>(status_history::most_moments) + 10; ++second)
        take(seen, status_at(second, second));
    CHECK(seen.moments().size() == status_history::most_moments);
    auto other = status_at(5000, 1);
    other["run"]["run"] = 3;
    take(seen, other);
    CHECK(seen.moments().size() == 1);
    other["run"] = nullptr;
    take(seen, other);
    CHECK(seen.moments().empty());
}

TEST_CASE("while the ledger is checked, the rate stays", "[status_history]") {
    status_history seen;
    take(seen, status_at(1, 100));
    auto checked = status_at(1.9, 100);
    checked["phase"] = "checking";
    take(seen, checked);
    CHECK(seen.moments().size() == 1);
    CHECK(seen.moments().back().rate == 100);
}

TEST_CASE("of a run whose orders nobody sees, nothing is known", "[status_history]") {
    auto unseen = status_of_run();
    for (const auto* name : {"elapsed_s", "orders_now", "service"}) unseen["run"].erase(name);
    status_history seen;
    take(seen, unseen);
    const auto& run = *seen.last()->run;
    CHECK(seen.moments().empty());
    CHECK(std::isnan(mean_rate(run)));
    CHECK(std::isnan(share_done(run)));
    CHECK(std::isnan(in_flight_of(run)));
    CHECK(std::isnan(seen.cores_busy(0)));
    CHECK(seconds_left(run) == 20);  // the floor
}

TEST_CASE("with workers elsewhere, what they have in hand is in flight", "[status_history]") {
    auto status = status_of_run();
    status["run"]["workers"] = {{{"instance", "a"}, {"host", "x"}, {"state", "present"}, {"in_hand", 7}},
                                {{"instance", "b"}, {"host", "y"}, {"state", "missing"}, {"in_hand", 5}}};
    status_history seen;
    take(seen, status);
    CHECK(in_flight_of(*seen.last()->run) == 7);
}

TEST_CASE("CPU use now is that of the last seconds", "[status_history]") {
    status_history seen;
    for (int second = 1; second <= 20; ++second) {
        auto status = status_at(second, second);
        status["run"]["cpu_s"] = second < 10 ? 0 : (second - 10) * 0.5;
        take(seen, status);
    }
    CHECK(seen.cores_busy(0) == 0.5);
    CHECK(seen.cores_busy(1) == 0);  // PostgreSQL's did not change
    CHECK(std::isnan(seen.cores_busy(2)));
}

TEST_CASE("a sparkline has a column per value, and a blank for what is not known", "[sparkline]") {
    CHECK(sparkline({0, 4, 8, unknown_number}, unknown_number, 1, letters::unicode) ==
          std::vector<std::string>{"▁▄█ "});
    CHECK(sparkline({0, 4, 8, unknown_number}, 16, 1, letters::ascii) == std::vector<std::string>{"_.- "});
    CHECK(sparkline({8, 4}, unknown_number, 2, letters::unicode) == std::vector<std::string>{"█ ", "██"});
    CHECK(sparkline({0, 0}, unknown_number, 1, letters::unicode) == std::vector<std::string>{"▁▁"});
    CHECK(sparkline({}, unknown_number, 2, letters::unicode) == std::vector<std::string>{"", ""});
    CHECK(sparkline({1e308, 5}, 5, 1, letters::unicode) == std::vector<std::string>{"█▁"});
}

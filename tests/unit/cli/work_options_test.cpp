// Every parameter on the command line: it sets its member only, is formatted again for another pipebench, and has its
// default in --help.
#include "cli/work_options.hpp"

#include "support/parameter_values.hpp"
#include "support/parsed_options.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <sstream>

using namespace pipebench;
using namespace pipebench::test;
using words = std::vector<std::string>;

namespace {

work_options of(const words& arguments, work_options o = {}) {
    static_cast<void>(parsed([&](option_set& options) { declare_work(options, o); }, arguments));
    return o;
}

/// What --help-all says of this option, in one line.
std::string help_of(std::string_view option, work_options o = {}) {
    std::istringstream help(parsed([&](option_set& options) { declare_work(options, o); }, {"--help-all"}));
    std::string out;
    bool is_it = false;
    for (std::string line; std::getline(help, line);) {
        if (line.starts_with("  -")) is_it = line.find(fmt::format("{} ", option)) != std::string::npos;
        if (is_it) out += line.substr(std::min(line.size(), line.find_first_not_of(' '))) + ' ';
    }
    return out;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("every option of the work reaches its parameter, and no other", "[work_options]") {
    const auto plain = json_of(workload_of({}));
    std::size_t tried = 0;
    for (const parameter& p : parameters()) {
        if (!p.has_option() || p.group == parameter_group::load) continue;  // load: below
        CAPTURE(p.key);
        ++tried;
        words arguments{std::string(p.long_option()), other_value(p)};
        const bool needs_another = p.key == std::string("order_timeout");  // it may not be the shorter one
        if (needs_another) arguments.insert(arguments.end(), {"--attempt-timeout", "1ms"});
        const auto w = json_of(workload_of(of(arguments)));
        workload expected;
        p.value.parse(expected, other_value(p));
        CHECK(w[p.key] == json_of(expected)[p.key]);
        for (const auto& [key, value] : w.items())
            if (key != p.key && !needs_another) CHECK(value == plain[key]);
    }
    REQUIRE(tried >= 27);
}

TEST_CASE("every option of open load reaches its parameter", "[work_options]") {
    const auto w =
        workload_of(of({"--rate", "50/s", "--duration", "4s", "--arrivals", "burst:20", "--warm-up", "1s", "--drain",
                        "3s", "--queue-limit", "7", "--when-full", "wait", "--slo", "p99<500ms,p50<20ms"}));
    CHECK(w.orders == 200);
    CHECK(format_arrival_rate(w.arrive.rate) == "50/s");
    CHECK(w.arrive.time == std::chrono::seconds(4));
    CHECK(w.arrive.process == arrival_process{arrival_process::kind::burst, 20});
    CHECK(w.arrive.warm_up == std::chrono::seconds(1));
    CHECK(drain_of(w) == std::chrono::seconds(3));
    CHECK(w.arrive.queue_limit == 7);
    CHECK(w.arrive.full == when_full::wait);
    CHECK(w.objectives.size() == 2);
    CHECK(workload_of(of({"--steps", "10/s,20/s", "--duration", "1s"})).orders == 30);
    CHECK(workload_of(of({"--ramp", "10/s..30/s", "--duration", "1s"})).orders == 20);
    CHECK(workload_of(of({"--rate", "1/s", "-n", "12"})).orders == 12);
    CHECK(drain_of(workload_of(of({"--rate", "1/s"}))) == std::chrono::minutes(1));  // --order-timeout
}

TEST_CASE("the words for another pipebench say the same work", "[work_options]") {
    words arguments{"--profile", "article", "-c", "7"};
    for (const parameter& p : parameters()) {
        if (!p.has_option() || p.group == parameter_group::load) continue;
        arguments.emplace_back(p.long_option());
        arguments.push_back(other_value(p));
    }
    const auto given = of(arguments);
    const auto again = of(work_arguments(given));
    CHECK(work_arguments(given).size() == arguments.size());
    CHECK(again.profile == "article");
    CHECK(again.concurrency == 7);
    CHECK_FALSE(json_of(workload_of(given)) == json_of(workload{}));
    CHECK(json_of(workload_of(again)) == json_of(workload_of(given)));
}

TEST_CASE("the words for another pipebench leave out what was not given, and the pattern", "[work_options]") {
    CHECK(work_arguments(of({"-p", "semaphore", "--lease", "7s", "-n", "2k"})) ==
          words{"--profile", "equal", "--concurrency", "100", "--orders", "2k", "--lease", "7s"});
    CHECK(work_arguments(of({})) == words{"--profile", "equal", "--concurrency", "100"});
}

TEST_CASE("the defaults in --help are those of the workload", "[work_options][help]") {
    std::size_t checked = 0;
    for (const parameter& p : parameters()) {
        if (!p.has_option()) continue;
        CAPTURE(p.key);
        const auto help = help_of(p.long_option());
        REQUIRE_FALSE(help.empty());
        const auto text = p.value.format(workload_of({}));
        CAPTURE(help, text);
        CHECK((contains(help, fmt::format("[{}]", text)) || contains(help, fmt::format("[{}; ", text))));
        ++checked;
    }
    REQUIRE(checked > 20);
}

TEST_CASE("the defaults in --help are those of the profile that a command uses, and others are named",
          "[work_options][help]") {
    const std::string id = GENERATE("equal", "article", "capacity", "deployment");
    work_options o;
    o.profile = id;
    const auto w = workload_of(o);
    for (const parameter& p : parameters()) {
        if (!p.has_option()) continue;
        const auto help = help_of(p.long_option(), o);
        CAPTURE(id, help);
        CHECK(contains(help, '[' + p.value.format(w)));
        for (const profile& other : profiles()) {
            work_options its = o;
            its.profile = other.id;
            const auto value = p.value.format(workload_of(its));
            const auto named = help.find(std::string(other.id), help.rfind('['));
            CHECK((named != std::string::npos) == (value != p.value.format(w)));
            if (named != std::string::npos) CHECK(contains(help.substr(named), ": " + value));
        }
    }
}

TEST_CASE("a load of the user's takes the place of the profile's", "[work_options][load]") {
    CHECK(workload_of(of({"--profile", "deployment"})).arrive.rate == arrival_rate{50'000, std::chrono::hours{1}});
    CHECK(workload_of(of({"--profile", "deployment", "--rate", "1/s"})).arrive.rate == arrival_rate{1});
    const auto w = workload_of(of({"--profile", "deployment", "--steps", "1/s,2/s", "--duration", "10s"}));
    CHECK(w.arrive.rate.orders == 0);
    CHECK(w.orders == 30);
    CHECK(is_set(of({"--profile", "deployment"}), "--slo"));
    CHECK_FALSE(is_set(of({}), "--slo"));
    CHECK(is_set(of({"--rate", "1/s"}), "--rate"));
}

TEST_CASE("a command's own default is the one in its --help", "[work_options][help]") {
    work_options o;
    o.set("--orders", "5k");
    CHECK(contains(help_of("--orders", o), "[5k]"));
    CHECK(workload_of(o).orders == 5000);
    CHECK(workload_of(of({"-n", "70"}, o)).orders == 70);
}

TEST_CASE("-p none is offered, and taken, only where there are runners", "[work_options]") {
    work_options with_runners;
    with_runners.may_be_none = true;
    CHECK(contains(help_of("--pattern", with_runners), "none"));
    CHECK_FALSE(contains(help_of("--pattern"), "none"));
    with_runners.patterns = {"none"};
    CHECK(patterns_of(with_runners).empty());
    CHECK_THROWS_AS(patterns_of(of({"-p", "none"})), setup_error);
    CHECK(patterns_of(of({"-p", "all"})).size() == patterns().size());
}

TEST_CASE("an option that may have a list takes one value or several", "[work_options]") {
    work_options o;
    o.lists = {.options = {"--concurrency", "--orders"}, .most_values = 3, .given = {}};
    const auto given = of({"-c", "1,2,3", "-n", "2k"}, o);
    CHECK(given.lists.given.at("--concurrency") == words{"1", "2", "3"});
    CHECK(given.lists.given.size() == 1);
    CHECK(workload_of(given).orders == 2000);
    CHECK(given.concurrency == default_concurrency);
    const auto refusal = [&](const words& arguments) {
        return refusal_of([&](option_set& options) { declare_work(options, o); }, arguments);
    };
    CHECK(refusal({"-c", "1,2,3,4"}) == "--concurrency: 4 values; a sweep has 3 points at most");
    CHECK(refusal({"-c", "1,,2"}) == "--concurrency: a value in its list is empty");
    CHECK(refusal({"-c", "1,x"}).starts_with("--concurrency: 'x' is not a whole number from 1 to 10000"));
    CHECK(refusal({"--seed", "1,2"}).starts_with("--seed: '1,2' is not a whole number"));
}

// sweep as a user sees it: a table per metric, reasons for missing points, and one clear line for bad input.
#include "analysis/sweep.hpp"
#include "support/saved.hpp"
#include "support/scripted_server.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>

using namespace pipebench;
using namespace pipebench::test;
using nlohmann::json;

namespace {

using words = std::vector<std::string>;

words sweep_and(const words& more) {
    words out{"sweep", "-n", "40", "--http-latency", "3ms", "--db-latency", "1ms", "--busy-limit", "100%"};
    out.insert(out.end(), more.begin(), more.end());
    return out;
}

/// The values of the points that have a result.
words measured_points(const json& sweep) {
    words out;
    for (const auto& point : sweep["points"])
        if (!point["result"].is_null()) out.push_back(point["value"]);
    return out;
}

}  // namespace

TEST_CASE("a sweep has one table for each metric, and a column for each point", "[sweep]") {
    const user someone;
    const auto file = someone.file("s.json");
    const auto end = someone.run_pipebench(
        sweep_and({"-q", "-p", "semaphore,thread-pool", "--concurrency", "8,4", "--export-json", file}));
    CAPTURE(end.out, end.err);
    CHECK(end.code == 0);
    CHECK(end.err.empty());
    const auto lines = lines_of(end.out);
    const auto rows = std::count_if(lines.begin(), lines.end(), [](auto& l) { return l.starts_with("semaphore  "); });
    const auto all = swept_metrics();
    CHECK(rows == std::count_if(all.begin(), all.end(), [](auto& m) { return !m.is_detail; }));
    CHECK(contains(end.out, "c=8"));
    CHECK(contains(end.out, "\nFastest  "));
    const auto sweep = saved(file);
    CHECK(sweep["schema"] == "pipebench.sweep/1");
    CHECK(sweep["interrupted"] == false);
    CHECK(measured_points(sweep) == words{"8", "4"});
    CHECK(sweep["points"][0]["result"]["parameters"]["permits"] == 8);
    CHECK(sweep["points"][1]["result"]["parameters"]["permits"] == 4);
    CHECK(sweep["points"][1]["result"]["runs"].size() == 2);
    CHECK(someone.left_behind().empty());
}

TEST_CASE("each of the five parameters can be swept", "[sweep]") {
    const auto [option, list, parameter, first, second] =
        GENERATE(table<std::string, std::string, std::string, json, json>(
            {{"--concurrency", "2,4", "permits", 2, 4},
             {"--http-latency", "2ms,0.004s", "http_latency", "2ms", "4ms"},
             {"--db-latency", "0s,1ms", "db_latency", "0s", "1ms"},
             {"--http-jitter", "none,uniform:1ms", "http_jitter", "none", "uniform:1ms"},
             {"--orders", "20,30", "orders", 20, 30}}));
    const user someone;
    const auto file = someone.file("s.json");
    words arguments{"sweep", "-q", "-p", "semaphore", "--busy-limit", "100%", "--export-json", file, option, list};
    for (const auto& [name, value] :
         {std::pair("--orders", "20"), std::pair("--http-latency", "3ms"), std::pair("--db-latency", "1ms")})
        if (option != name) arguments.insert(arguments.end(), {name, value});
    const auto end = someone.run_pipebench(arguments);
    CAPTURE(end.out, end.err);
    REQUIRE(end.code == 0);
    const auto sweep = saved(file);
    REQUIRE(measured_points(sweep).size() == 2);
    CHECK(sweep["axis"] == option);
    CHECK(sweep["points"][0]["result"]["parameters"][parameter] == first);
    CHECK(sweep["points"][1]["result"]["parameters"][parameter] == second);
}

TEST_CASE("a sweep that cannot be is one clear line, and nothing is measured", "[sweep][bad-input]") {
    const auto [arguments, complaint] = GENERATE(table<words, std::string>({
        {words{}, "give one of --concurrency, --http-latency, --db-latency, --http-jitter, --rate, --orders a list"},
        {{"-c", "10"}, "give one of"},
        {{"-c", "10,20", "--orders", "10,20"}, "--concurrency and --orders have a list each"},
        {{"-c", "10,x"}, "--concurrency: 'x' is not a whole number from 1 to 10000"},
        {{"-c", "10,0"}, "--concurrency: '0' is not a whole number"},
        {{"-c", "10,,20"}, "--concurrency: a value in its list is empty"},
        {{"--http-latency", "1ms,5"}, "--http-latency: '5' is not a duration"},
        {{"--http-jitter", "none,wild"}, "--http-jitter: 'wild' is not none"},
        {{"--http-jitter", "none,uniform:1s"}, "--http-jitter: uniform jitter wider than --http-latency"},
        {{"--orders", "1k,1000"}, "--orders: 1000 is in its list twice"},
        {{"-c", "10,20", "--profile", "article"}, "--concurrency: 10 and 20 are the same work"},
        {{"-c", "10,20", "--find-limit"}, "--find-limit: needs a list of --orders, and fan-out"},
        {{"--orders", "10,20", "--find-limit", "-p", "semaphore"}, "--find-limit: needs a list of --orders"},
        {{"-c", "10,20", "-p", "fanout"}, "did you mean 'fan-out'"},
        {{"--orders", "70k,80k", "-p", "fan-out"}, "no point fits: fan-out: 70000 orders in flight need"},
        {{"-c", "10,20", "--export-json", "/nonexistent/s.json"}, "--export-json"},
    }));
    const user someone;
    words all{"sweep"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const auto end = someone.run_pipebench(all);
    CAPTURE(all, end.err);
    CHECK(end.code == 2);
    CHECK(end.out.empty());
    CHECK(lines_of(end.err).size() == 1);
    CHECK(contains(end.err, complaint));
    CHECK(someone.left_behind().empty());
}

TEST_CASE("a sweep has 50 points at most", "[sweep][bad-input]") {
    std::string list = "1";
    for (int i = 2; i <= 51; ++i) list += "," + std::to_string(i);
    const user someone;
    const auto end = someone.run_pipebench({"sweep", "-c", list});
    CHECK(end.code == 2);
    CHECK(contains(end.err, "--concurrency: 51 values; a sweep has 50 points at most"));
}

TEST_CASE("a pattern that does not fit a point is left out of it with the reason, and the others are measured",
          "[sweep]") {
    const user someone;
    const auto file = someone.file("s.json");
    // Less than 3000 orders in flight need, but more than the others do.
    auto command = someone.pipebench(
        sweep_and({"-q", "-p", "fan-out,semaphore", "--concurrency", "4,3000", "--export-json", file}));
    words limited{"/bin/bash", "-c", R"(ulimit -n 2900 && exec "$0" "$@")"};
    command.arguments.insert(command.arguments.begin(), limited.begin(), limited.end());
    const auto end = run(command);
    if (contains(end.err, "ulimit")) SKIP("this user may have fewer than 2900 descriptors");
    CAPTURE(end.out, end.err);
    CHECK(end.code == 0);
    CHECK(contains(end.out, "no: descriptors"));
    CHECK(contains(end.out, "at c=3000: semaphore: 3000 orders in flight need 3072"));
    const auto sweep = saved(file);
    CHECK(sweep["points"][0]["left_out"].empty());
    CHECK(sweep["points"][1]["left_out"][0]["cause"] == "descriptors (this box has 2,900)");
    CHECK(sweep["points"][1]["result"]["runs"].size() == 1);
}

TEST_CASE("a number of orders that fan-out cannot hold is told of", "[sweep]") {
    const user someone;
    const auto file = someone.file("s.json");
    const auto end = someone.run_pipebench({"sweep", "-q", "-p", "fan-out", "--orders", "40,70k", "--http-latency",
                                            "1ms", "--db-latency", "0s", "--busy-limit", "100%", "--export-json",
                                            file});  // there are fewer than 65,536 local ports
    CAPTURE(end.out, end.err);
    CHECK(end.code == 0);
    CHECK(contains(end.out, "fan-out breaks at 70,000 orders, and not at 40: "));
    CHECK(measured_points(saved(file)) == words{"40"});
    CHECK(saved(file)["limit"]["searched"] == false);
}

TEST_CASE("the limit of fan-out is found between what went well and what did not", "[sweep][limit]") {
    const user someone;
    const auto file = someone.file("s.json");
    // With few descriptors the search is quick. If root can raise the limit, ports are the limit.
    auto command = someone.pipebench({"sweep", "-p", "fan-out", "--orders", "20,40", "--find-limit", "--http-latency",
                                      "1ms", "--db-latency", "0s", "--busy-limit", "100%", "--export-json", file});
    words limited{"/bin/sh", "-c", R"(ulimit -n 1024; exec "$0" "$@")"};
    command.arguments.insert(command.arguments.begin(), limited.begin(), limited.end());
    const auto end = run(command, 4 * test::patience);
    CAPTURE(end.out, end.err);
    CHECK(end.code == 0);
    const auto limit = saved(file)["limit"];
    REQUIRE(limit["bad"].is_number());
    CHECK(limit["good"].get<std::uint64_t>() >= 40);
    CHECK(limit["narrow"] == true);
    CHECK(limit["bad"].get<double>() <= 65'536);
    CHECK(limit["bad"].get<double>() - limit["good"].get<double>() <= 0.05 * limit["bad"].get<double>());
    CHECK_FALSE(limit["cause"].get<std::string>().empty());
    CHECK(contains(end.out, limit["summary"].get<std::string>().substr(0, 30)));
    CHECK(someone.left_behind().empty());
}

TEST_CASE("a sweep that is interrupted writes what it has, and leaves nothing behind", "[sweep][signal][clean]") {
    const auto [signal, code] = GENERATE(table<int, int>({{SIGINT, 130}, {SIGTERM, 143}}));
    const user someone;
    const auto file = someone.file("s.json");
    running_command under_way(
        someone.pipebench({"sweep", "-p", "semaphore", "-c", "4", "--http-latency", "1ms", "--db-latency", "0s",
                           "--busy-limit", "100%", "--orders", "20,10M", "--export-json", file}));
    REQUIRE(under_way.says("point 2 of 2: n=10000000"));
    REQUIRE(comes_true([&] {  // after the first point has been saved
        return std::filesystem::exists(file) && std::filesystem::file_size(file) > 0;
    }));
    CHECK(measured_points(saved(file)) == words{"20"});
    CHECK(saved(file)["interrupted"] == true);
    under_way.signal(signal);
    const auto end = under_way.wait();
    CAPTURE(end.out, end.err);
    CHECK(end.code == code);
    CHECK(contains(end.out, "INTERRUPTED"));
    CHECK(saved(file)["interrupted"] == true);
    CHECK(saved(file)["points"][0]["result"]["runs"][0]["stored"] == 20);
    CHECK(someone.left_behind().empty());
}

TEST_CASE("a sweep with a row that is not to be trusted exits with 3", "[sweep]") {
    const user someone;
    const scripted_server api(orders_for_checks_only(2));  // one for each point
    const auto end = someone.run_pipebench({"sweep", "-q", "-p", "semaphore", "-c", "4,8", "-n", "20", "--attempts",
                                            "1", "--target", api.url(), "--busy-limit", "100%"});
    CAPTURE(end.out, end.err);
    CHECK(end.code == 3);
    CHECK(contains(end.out, "INVALID: every order failed"));
}

TEST_CASE("a sweep is rendered in the format that was asked for", "[sweep][export]") {
    const user someone;
    const auto file = someone.file("s.md"), page = someone.file("s.html");
    const auto end =
        someone.run_pipebench(sweep_and({"-q", "-p", "fan-out", "--http-jitter", "none,lognormal:0.5", "--format",
                                         "json", "--export-markdown", file, "--export-html", page}));
    CAPTURE(end.err);
    CHECK(end.code == 0);
    CHECK(json::parse(end.out)["points"][1]["value"] == "lognormal:0.5");
    CHECK(contains(read_file(file), "jitter=lognormal:0.5 |"));
    CHECK(contains(read_file(page), "jitter=lognormal:0.5</th>"));
}

// compare as CI runs it: the exit code is the verdict, and it is one of three for any files.
#include "support/sample_result.hpp"
#include "support/saved.hpp"

#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <limits>
#include <utility>

using namespace pipebench;
using namespace pipebench::test;

namespace {

/// The sample session with more rounds, whose CPU per order differs by up to 2 %.
session_result session(std::uint64_t rounds) {
    auto out = test::sample_session();
    const auto first = std::exchange(out.runs, {});
    for (std::uint64_t round = 1; round <= rounds; ++round)
        for (auto run : first) {
            run.round = round;
            run.cpu_per_order_us *= 1 + static_cast<double>(round * 7 % 17) / 1000;
            out.runs.push_back(run);
        }
    return out;
}

session_result with_more_cpu(session_result s, std::string_view pattern) {
    for (auto& run : s.runs)
        if (run.pattern == pattern) run.cpu_per_order_us *= 1.15;
    return s;
}

/// A user with a base and a head.
struct comparer : user {
    void save(const std::string& name, const std::string& content) const { std::ofstream(file(name)) << content; }
    void save(const std::string& name, const session_result& s) const {
        save(name, nlohmann::ordered_json(s).dump(2));
    }
    [[nodiscard]] command_end compare(std::vector<std::string> more = {}) const {
        more.insert(more.begin(), {"compare", file("base.json"), file("head.json")});
        return run_pipebench(std::move(more));
    }
};

}  // namespace

TEST_CASE("a result against itself is no regression, and exits 0", "[compare]") {
    const comparer someone;
    someone.save("base.json", session(8));
    someone.save("head.json", session(8));
    const auto end = someone.compare();
    CAPTURE(end.out, end.err);
    CHECK(end.code == 0);
    CHECK(end.err.empty());
    CHECK(end.out.starts_with("compare: 0 regressions, 0 improvements, 40 the same, 0 cannot be told\n"));
}

TEST_CASE("a regression exits 1 and is spelled out; the other way round it is an improvement", "[compare]") {
    const comparer someone;
    someone.save("base.json", session(8));
    someone.save("head.json", with_more_cpu(session(8), "redis-streams"));
    const auto end = someone.compare();
    CHECK(end.code == 1);
    CHECK(end.err.empty());
    CHECK(end.out.starts_with("compare: 1 regression,"));
    CHECK(contains(end.out, "worse: redis-streams CPU/order: "));
    const auto back = someone.run_pipebench({"compare", someone.file("head.json"), someone.file("base.json")});
    CHECK(back.code == 0);
    CHECK(back.out.starts_with("compare: 0 regressions, 1 improvement,"));
}

TEST_CASE("several sessions a side are compared, in any way to name them", "[compare]") {
    const comparer someone;
    std::vector<std::string> base{"compare", "--base"}, head{"--head"};
    for (const std::string i : {"1", "2", "3"}) {
        someone.save("base" + i + ".json", session(8));
        someone.save("head" + i + ".json", with_more_cpu(session(8), "redis-streams"));
        base.push_back(someone.file("base" + i + ".json"));
        head.push_back(someone.file("head" + i + ".json"));
    }
    base.insert(base.end(), head.begin(), head.end());
    const auto end = someone.run_pipebench(base);
    CAPTURE(end.out, end.err);
    CHECK(end.code == 1);
    CHECK(end.out.starts_with("compare: 1 regression,"));
    CHECK(contains(end.out, "\nThe box: as fast in head as in base by its yardstick, as fast by CPU time ("));
    CHECK(contains(end.out, "(3 sessions)"));
    const auto again = someone.run_pipebench(
        {"compare", "--base=" + base[2], "--base", base[3], "--head", head[1], "--format", "json"});
    CHECK(again.code == 1);
    CHECK(nlohmann::json::parse(again.out)["base"].size() == 2);
}

TEST_CASE("sides that are named in two ways, or not at all, are refused", "[compare]") {
    const comparer someone;
    someone.save("base.json", session(8));
    const auto one = someone.file("base.json");
    auto arguments = GENERATE_REF(values<std::vector<std::string>>({{},
                                                                    {one},
                                                                    {"--base", one},
                                                                    {"--head", one},
                                                                    {one, one, "--base", one, "--head", one},
                                                                    {one, one, "--head", one},
                                                                    {one, "--base", one, "--head", one}}));
    arguments.insert(arguments.begin(), "compare");
    const auto end = someone.run_pipebench(arguments);
    CAPTURE(arguments);
    check_refusal(end, {"give either BASE HEAD, or --base FILE... --head FILE..."});
}

TEST_CASE("a --threshold is heeded, in percent and as a share, as often as it is given", "[compare]") {
    const comparer someone;
    someone.save("base.json", session(8));
    someone.save("head.json", with_more_cpu(session(8), "redis-streams"));
    CHECK(someone.compare({"--threshold", "cpu_per_order_us=10%"}).code == 1);
    CHECK(someone.compare({"--threshold", "cpu_per_order_us=20%"}).code == 0);
    CHECK(someone.compare({"--threshold", "max_ms=1%", "--threshold=cpu_per_order_us=0.2"}).code == 0);
}

TEST_CASE("a threshold for what is no metric, or that is none, is refused with what would do", "[compare]") {
    const comparer someone;
    check_refusal(
        someone.compare({"--threshold", "cpu_per_ordr_us=5%"}),
        {"--threshold", "'cpu_per_ordr_us'", "did you mean 'cpu_per_order_us'?", "known: time_s", "redelivered"});
    const std::string share = GENERATE("", "=", "=five", "=-5%", "=101%", "=5", "=nan", "=5%%");
    check_refusal(someone.compare({"--threshold", "p99_ms" + share}), {"--threshold", "p99_ms" + share, "p99_ms=5%"});
}

TEST_CASE("results of different boxes are refused with the fields named, unless that is allowed", "[compare]") {
    const comparer someone;
    auto head = session(8);
    head.box.cores = 8;
    head.box.cpu_model = "AMD EPYC";
    head.parameters["permits"] = 7;
    someone.save("base.json", session(8));
    someone.save("head.json", head);
    check_refusal(someone.compare(), {"box.cores: 2 against 8", "box.cpu_model: Intel", "against AMD EPYC",
                                      "parameters.permits: 100 against 7", "--allow-mismatch", "base.json"});
    const std::string format = GENERATE("text", "markdown", "json");
    const auto end = someone.compare({"--allow-mismatch", "--format", format});
    CAPTURE(end.out);
    CHECK(end.code == 0);
    CHECK(end.err.empty());
    CHECK(contains(end.out, "box.cores"));
    CHECK(contains(end.out, "AMD EPYC"));
}

TEST_CASE("however much differs, the refusal is one bounded line", "[compare]") {
    const comparer someone;
    auto head = session(8);
    head.box = {};
    for (int i = 0; i < 500; ++i) head.parameters[fmt::format("key\n{}", i)] = std::string(5000, 'x') + "\x1b[2J";
    someone.save("base.json", session(8));
    someone.save("head.json", head);
    check_refusal(someone.compare(), {"box.host_os", "against nothing", " and 496 more", "--allow-mismatch"});
}

TEST_CASE("one round on each side is refused with how to get more, unless that is allowed", "[compare]") {
    const comparer someone;
    someone.save("base.json", session(1));
    someone.save("head.json", with_more_cpu(session(1), "semaphore"));
    check_refusal(someone.compare(), {"base has 1 round, head has 1; a verdict needs 5: measure with --repeat 8 "
                                      "(use --allow-mismatch to compare anyway)"});
    const auto end = someone.compare({"--allow-mismatch"});
    CAPTURE(end.out);
    CHECK(end.code == 0);
    CHECK(end.out.starts_with("compare: nothing can be told"));
    CHECK(contains(end.out, "--repeat 8"));
}

TEST_CASE("an order lost in the only round is a regression, however few the rounds", "[compare]") {
    const comparer someone;
    auto head = session(1);
    head.runs[1].ledger.lost = 1;
    someone.save("base.json", session(1));
    someone.save("head.json", head);
    CHECK(someone.compare().code == 1);
}

TEST_CASE("a pattern that only one side has is refused, unless that is allowed", "[compare]") {
    const comparer someone;
    auto head = session(8);
    std::erase_if(head.runs, [](auto& run) { return run.pattern == "fan-out"; });
    someone.save("base.json", session(8));
    someone.save("head.json", head);
    check_refusal(someone.compare(), {"patterns: also fan-out against those in common", "--allow-mismatch"});
    const auto end = someone.compare({"--allow-mismatch"});
    CHECK(end.code == 0);
    CHECK(contains(end.out, "fan-out: in base alone, not compared"));
    CHECK(contains(end.out, "32 the same"));
}

TEST_CASE("a run not to be trusted on either side exits 3, and with a regression 1", "[compare]") {
    const comparer someone;
    auto doubtful = session(8);
    doubtful.runs[1].verdict = {verdict_kind::invalid_busy_box, "INVALID: the box was busy"};
    someone.save("base.json", session(8));
    someone.save("head.json", doubtful);
    const auto end = someone.compare();
    CHECK(end.code == 3);
    CHECK(end.err.empty());
    CHECK(contains(lines_of(end.out).at(0), "1 pattern is not to be trusted"));
    CHECK(someone.run_pipebench({"compare", someone.file("head.json"), someone.file("base.json")}).code == 3);
    someone.save("head.json", with_more_cpu(doubtful, "redis-streams"));
    CHECK(someone.compare().code == 1);
}

TEST_CASE("a head that was interrupted in its last round is compared, with a warning", "[compare]") {
    const comparer someone;
    auto head = session(8);
    head.interrupted = head.runs.back().interrupted = true;
    head.runs.back().verdict = {verdict_kind::interrupted, "interrupted"};
    someone.save("base.json", session(8));
    someone.save("head.json", head);
    const auto end = someone.compare();
    CHECK(end.code == 0);
    CHECK(contains(end.out, "head: interrupted; 1 run was cut short"));
}

TEST_CASE("results without a run or a common pattern are refused", "[compare]") {
    const comparer someone;
    someone.save("base.json", session(8));
    someone.save("head.json", session(0));
    check_refusal(someone.compare(), {"base.json", "head.json", "head has no runs"});
    auto head = session(8);
    for (auto& run : head.runs) run.pattern += "-2";
    someone.save("head.json", head);
    check_refusal(someone.compare(), {"no pattern in common"});
}

TEST_CASE("a file that is no result is refused with its name, on either side", "[compare][bad-input]") {
    const comparer someone;
    const auto whole = nlohmann::ordered_json(session(2)).dump();
    const auto [content, said] = GENERATE_COPY(values<std::pair<std::string, std::string>>({
        {"", "it is empty"},
        {whole.substr(0, whole.size() / 2), "not a pipebench result"},
        {"words", "not a pipebench result"},
        {R"({"name": "package", "version": "1.0.0"})", "no \"schema\""},
        {R"({"schema": "pipebench.result/2", "runs": []})", "'pipebench.result/2'; this pipebench reads"},
        {R"({"schema": "pipebench.comparison/2"})", "'pipebench.comparison/2'"},
    }));
    const auto* bad = GENERATE("base.json", "head.json");
    someone.save("base.json", session(8));
    someone.save("head.json", session(8));
    someone.save(bad, content);
    check_refusal(someone.compare(), {someone.file(bad), said});
}

TEST_CASE("negative numbers are refused, and absurd ones give no verdict", "[compare][bad-input]") {
    const comparer someone;
    auto head = session(8);
    for (auto& run : head.runs) run.time_s = -1;
    someone.save("base.json", session(8));
    someone.save("head.json", head);
    check_refusal(someone.compare(), {"head.json", "\"time_s\" is negative"});
    for (auto& run : head.runs) run.time_s = run.round % 2 == 0 ? 1e308 : 1e-308;
    for (auto& run : head.runs) run.orders_per_s = std::numeric_limits<double>::quiet_NaN();
    someone.save("head.json", head);
    const auto end = someone.compare();
    CAPTURE(end.out, end.err);
    CHECK(end.code == 0);
    CHECK(end.out.starts_with("compare: 0 regressions, 0 improvements, 30 the same, 10 cannot be told"));
}

TEST_CASE("a file of 100 MB is refused by its size", "[compare][bad-input]") {
    const comparer someone;
    someone.save("base.json", session(8));
    someone.save("head.json", std::string("{"));
    REQUIRE(::truncate(someone.file("head.json").c_str(), 100'000'000) == 0);
    check_refusal(someone.compare(), {someone.file("head.json"), "larger than 64 MiB"});
}

TEST_CASE("a file that is not there, a directory, or unreadable is refused", "[compare][bad-input]") {
    const comparer someone;
    someone.save("base.json", session(8));
    check_refusal(someone.compare(), {someone.file("head.json"), "No such file"});
    std::filesystem::create_directory(someone.file("head.json"));
    check_refusal(someone.compare(), {someone.file("head.json"), "directory"});
}

TEST_CASE("a file that may not be read, or whose reading fails, is refused", "[compare][bad-input]") {
    const comparer someone;
    someone.save("base.json", session(8));
    std::filesystem::create_symlink("/proc/self/mem", someone.file("head.json"));  // fails for root, too
    check_refusal(someone.compare(), {someone.file("head.json"), "cannot read it: Input/output error"});
    if (::geteuid() == 0) return;  // who may read everything
    std::filesystem::remove(someone.file("head.json"));
    someone.save("head.json", session(8));
    std::filesystem::permissions(someone.file("head.json"), std::filesystem::perms::none);
    check_refusal(someone.compare(), {someone.file("head.json"), "Permission denied"});
}

TEST_CASE("exports are written beside the report, and - is stdout in its place", "[compare]") {
    const comparer someone;
    someone.save("base.json", session(8));
    someone.save("head.json", with_more_cpu(session(8), "semaphore"));
    const auto markdown = someone.file("out.md"), page = someone.file("out.html");
    const auto end = someone.compare({"--export-markdown", markdown, "--export-html", page, "--export-json", "-"});
    CHECK(end.code == 1);
    CHECK(nlohmann::json::parse(end.out)["schema"] == "pipebench.comparison/2");
    CHECK(read_file(markdown).starts_with("**pipebench compare: 1 regression"));
    CHECK(someone.compare({"--format", "markdown"}).out == read_file(markdown));
    CHECK(contains(read_file(page), "<h1>pipebench compare: 1 regression"));
    CHECK(contains(read_file(page), "<canvas"));
    check_refusal(someone.compare({"--export-json", "/nowhere/x.json"}), {"--export-json", "/nowhere/x.json"});
}

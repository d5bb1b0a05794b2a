// gate, as CI runs it: for any baseline it prints a verdict or one error line, and leaves nothing behind.
#include "support/command.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

using namespace pipebench;
using namespace pipebench::test;
using nlohmann::json;

namespace {

/// A script that prints the version of pipebench, and executes `run` for a run.
std::string pretender(const std::string& run) {
    return "[ \"$1\" = --version ] && { echo 'pipebench 9.9'; exit; }\n" + run;
}

/// A user with an old binary.
struct gatekeeper : user {
    std::string make(const std::string& script) const {
        const auto path = file("old");
        std::ofstream(path) << "#!/bin/sh\n" << script << '\n';
        std::filesystem::permissions(path, std::filesystem::perms::owner_all);
        return path;
    }
    [[nodiscard]] command gate(const std::string& baseline, const std::vector<std::string>& more = {},
                               const std::string& rounds = "8") const {
        auto arguments = quick_and({"--repeat", rounds, "-p", "semaphore", "--baseline", baseline});
        arguments.insert(arguments.begin(), "gate");
        arguments.insert(arguments.end(), more.begin(), more.end());
        return pipebench(std::move(arguments));
    }
    [[nodiscard]] command_end run_gate(const std::string& baseline, const std::vector<std::string>& more = {}) const {
        return run(gate(baseline, more), 3 * test::patience);
    }
};

void check_refusal(const gatekeeper& someone, const command_end& end, const std::vector<std::string>& said) {
    CAPTURE(end.out, end.err);
    CHECK(end.code == 2);
    CHECK(end.out.empty());
    const auto lines = lines_of(end.err);
    CHECK(lines.size() == 1);  // with --quiet
    CHECK(end.err.size() < 1000);
    CHECK(end.err.starts_with("pipebench: gate: "));
    for (const auto& part : said) CHECK(contains(end.err, part));
    CHECK(someone.left_behind().empty());
}

}  // namespace

TEST_CASE("what is no pipebench at all is refused with its name", "[gate]") {
    const auto [path, why] = GENERATE(table<std::string, std::string>({{"/bin/false", "not pipebench"},
                                                                       {"/bin/true", "not pipebench"},
                                                                       {"/bin/ls", "not pipebench"},
                                                                       {"/nonexistent/pipebench", "No such file"},
                                                                       {"/tmp", "Permission denied"},
                                                                       {"/etc/passwd", "Permission denied"}}));
    const gatekeeper someone;
    check_refusal(someone, someone.run_gate(path, {"-q"}), {"--baseline " + path, why});
    CHECK(someone.run_gate(PIPEBENCH_BINARY, {"-q", "--head", path}).code == 2);
}

TEST_CASE("a baseline that says without end what it is, or crashes, is none", "[gate]") {
    const auto [script, why] =
        GENERATE(table<std::string, std::string>({{"exec yes pipebench 9", "not pipebench"},
                                                  {"kill -SEGV $$", "not pipebench"},
                                                  {"echo pipebench 9.9; exit 1", "not pipeb"}}));
    const gatekeeper someone;
    const auto old = someone.make(script);
    check_refusal(someone, someone.run_gate(old, {"-q"}), {"--baseline " + old, why});
}

TEST_CASE("a baseline whose run is no result fails in one line that says what was wrong with it", "[gate]") {
    const auto [run, why] = GENERATE(
        table<std::string, std::string>({{"exec sleep 1000", "semaphore: did not end within 2s (--run-limit)"},
                                         {"exec yes", "printed more than a result can be"},
                                         {"printf '\\033[31mred\\nlast \\033[2J words' >&2; exit 1", "words"}}));
    const gatekeeper someone;
    const auto old = someone.make(pretender(run));
    const auto end = someone.run_gate(old, {"-q", "--run-limit", "2s"});
    check_refusal(someone, end, {"base " + old, why});
    CHECK_FALSE(contains(end.err, "\033"));
}

TEST_CASE("an option that only the new one knows is the baseline's last word", "[gate]") {
    const gatekeeper someone;
    const auto old = someone.make(pretender("case \"$*\" in *--seed*) echo \"unknown option '--seed'\" >&2; exit 2;; "
                                            "esac\nexec " PIPEBENCH_BINARY " \"$@\""));
    check_refusal(someone, someone.run_gate(old, {"-q", "--seed", "7"}), {old, "unknown option '--seed'"});
}

TEST_CASE("a binary against itself gives a verdict over all its rounds", "[gate]") {
    const gatekeeper someone;
    const auto path = someone.file("gate.json"), markdown = someone.file("gate.md"), page = someone.file("gate.html");
    const auto end = someone.run_gate(PIPEBENCH_BINARY,
                                      {"--export-json", path, "--export-markdown", markdown, "--export-html", page});
    CAPTURE(end.out, end.err);
    REQUIRE((end.code == 0 || end.code == 1));  // runs this short allow no certain verdict
    CHECK(end.out.starts_with("gate: "));
    CHECK(contains(end.err, "round 8 of 8"));
    CHECK(read_file(markdown).starts_with("**pipebench gate: "));
    CHECK(contains(read_file(page), "<h1>pipebench gate: "));
    const auto g = json::parse(read_file(path));
    CHECK(g["rounds"] == 8);
    CHECK(g["passed"] == (end.code == 0));
    CHECK(g["rows"].size() == 4);
    for (const auto* series : {"base", "again", "head"}) {
        const auto& runs = g["series"][series]["runs"];
        REQUIRE(runs.size() == 8);
        for (std::size_t i = 0; i < 8; ++i) {
            CHECK(runs[i]["round"] == i + 1);
            CHECK(runs[i]["stored"] == 40);
        }
    }
    CHECK(someone.left_behind().empty());
}

// With --allow-mismatch it gets as far as its third run, in the second round, which fails: the first round is printed.
TEST_CASE("a baseline of another build type is refused with the field, unless it is wanted", "[gate]") {
    const gatekeeper someone;
    const auto old = someone.make(
        pretender("echo >>\"$0.runs\"; [ \"$(wc -l <\"$0.runs\")\" -le 2 ] || exit 9\n" PIPEBENCH_BINARY
                  " \"$@\" | sed '/\"build\": {/,/}/s/\"type\": \"[A-Za-z]*\"/\"type\": \"MinSizeRel\"/'"));
    const auto refused = someone.run_gate(old, {"-q"});
    check_refusal(someone, refused, {"not comparable", "build.type: MinSizeRel against ", "--allow-mismatch"});
    std::filesystem::remove(old + ".runs");
    const auto unfinished = someone.run_gate(old, {"-q", "--allow-mismatch"});
    CHECK(unfinished.code == 2);
    CHECK(contains(unfinished.out, "UNFINISHED: there is no verdict"));
    CHECK(contains(unfinished.err, "exited with 9"));
    CHECK(someone.left_behind().empty());
}

TEST_CASE("Ctrl-C ends a gate without a verdict, and with nothing left", "[gate][signal]") {
    const gatekeeper someone;
    running_command under_way(someone.gate(PIPEBENCH_BINARY, {}, "1000"));
    REQUIRE(under_way.says("round 1 of 1000"));
    under_way.signal(SIGINT);
    const auto end = under_way.wait();
    CHECK(end.code == 130);
    CHECK(end.out.starts_with("gate: INTERRUPTED"));
    CHECK(someone.left_behind().empty());
}

TEST_CASE("Ctrl-C while the baseline is asked who it is ends a gate, too", "[gate][signal]") {
    const gatekeeper someone;
    running_command under_way(someone.gate(someone.make("exec sleep 1000")));
    REQUIRE(comes_true([&] {
        const auto all = someone.processes();
        return std::any_of(all.begin(), all.end(), [](const auto& p) { return contains(p.command_line, "sleep"); });
    }));
    under_way.signal(SIGINT);
    CHECK(under_way.wait().code == 130);
    CHECK(someone.left_behind().empty());
}

TEST_CASE("a gate that could not give a verdict is not begun", "[gate]") {
    const gatekeeper someone;
    for (const std::vector<std::string>& wrong :
         std::vector<std::vector<std::string>>{{"gate"},
                                               {"gate", "--baseline", PIPEBENCH_BINARY, "--repeat", "7"},
                                               {"gate", "--baseline", PIPEBENCH_BINARY, "--threshold", "speed=5%"},
                                               {"gate", "--baseline", PIPEBENCH_BINARY, "--run-limit", "1ms"},
                                               {"gate", "--baseline", ""}}) {
        const auto end = someone.run_pipebench(wrong);
        CAPTURE(wrong, end.err);
        CHECK(end.code == 2);
        CHECK(end.out.empty());
        CHECK(lines_of(end.err).size() == 1);
        CHECK(someone.left_behind().empty());
    }
}

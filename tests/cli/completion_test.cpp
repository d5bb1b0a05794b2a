// The completions as a real bash makes them, and the man page: both are printed by the binary. scripts/package.sh has the
// other shells, man and mandoc.
#include "support/command.hpp"

#include "cli/command_tree.hpp"
#include "contracts/scenario.hpp"
#include "pipebench/pattern.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>

using namespace pipebench;
using namespace pipebench::test;

namespace {

using words = std::vector<std::string>;

/// A bash in a directory with the files result.json, other.txt and the directory results.
class shell {
public:
    shell() {
        for (const char* name : {"result.json", "other.txt"}) std::ofstream(directory_ / name) << "\n";
        std::filesystem::create_directory(directory_.path() / "results");
        std::ofstream(directory_ / "script") << user{}.run_pipebench({"_completions", "bash"}).out;
    }

    /// What it offers for the last word of the line, which bash has taken apart.
    [[nodiscard]] words complete(const words& line) const {
        // shopt: completion must work with the options that users have.
        const std::string program = "cd \"$1\" && set -u && source ./script && shift && COMP_WORDS=(\"$@\") && "
                                    "COMP_CWORD=$(($# - 1)) && _pipebench pipebench && "
                                    "((${#COMPREPLY[@]} == 0)) || printf '%s\\n' \"${COMPREPLY[@]}\"";
        command c{{"bash", "--norc", "-c", program, "bash", directory_.path().native()}, {}};
        c.arguments.insert(c.arguments.end(), line.begin(), line.end());
        const auto end = run(c);
        CAPTURE(line, end.err);
        REQUIRE(end.code == 0);
        CHECK(end.err.empty());
        auto out = lines_of(end.out);
        std::sort(out.begin(), out.end());
        return out;
    }

private:
    private_directory directory_;
};

bool has(const words& all, const std::string& one) { return std::find(all.begin(), all.end(), one) != all.end(); }

}  // namespace

TEST_CASE("bash completes commands, and the options of each", "[completion]") {
    const shell bash;
    CHECK(bash.complete({"pipebench", "re"}) == words{"report"});
    CHECK(bash.complete({"pipebench", ""}).size() == command_tree().size() + 1);  // and help
    CHECK(bash.complete({"pipebench", "help", "sw"}) == words{"sweep"});
    CHECK(bash.complete({"pipebench", "run", "--prof"}) == words{"--profile", "--profile-stages"});
    CHECK(bash.complete({"pipebench", "--prof"}) == words{"--profile", "--profile-stages"});  // run is the default
    CHECK(bash.complete({"pipebench", "--vers"}) == words{"--version"});
    CHECK(bash.complete({"pipebench", "gate", "--basel"}) == words{"--baseline"});
    CHECK(bash.complete({"pipebench", "run", "--basel"}).empty());
    CHECK(bash.complete({"pipebench", "mock-api", "--allow"}) == words{"--allow-remote"});
    CHECK(has(bash.complete({"pipebench", "list", ""}), "--help"));
}

TEST_CASE("bash completes the values of options", "[completion]") {
    const shell bash;
    CHECK(bash.complete({"pipebench", "run", "--profile", ""}) ==
          words{"article", "capacity", "deployment", "equal"});
    CHECK(bash.complete({"pipebench", "--profile", "a"}) == words{"article"});
    CHECK(bash.complete({"pipebench", "--profile", "=", "a"}) == words{"article"});
    CHECK(bash.complete({"pipebench", "--profile", "="}).size() == 4);
    CHECK(bash.complete({"pipebench", "--profile=a"}) == words{"--profile=article"});  // '=' parts no words there
    CHECK(bash.complete({"pipebench", "sweep", "--write-mode", "b"}) == words{"batch"});
    CHECK(bash.complete({"pipebench", "run", "-p", "sem"}) == words{"semaphore"});
    CHECK(bash.complete({"pipebench", "run", "-p", "semaphore,re"}) == words{"semaphore,redis-streams"});
    CHECK(bash.complete({"pipebench", "run", "-p", "semaphore,s"}).empty());  // it is there already
    CHECK(bash.complete({"pipebench", "run", "-p", ""}).size() == patterns().size() + 2);
    CHECK_FALSE(has(bash.complete({"pipebench", "gate", "-p", ""}), "none"));
    CHECK(bash.complete({"pipebench", "--scenario", "fl"}) == words{"flaky"});
    CHECK(has(bash.complete({"pipebench", "--scenario", ""}), "result.json"));  // or a file
    CHECK(bash.complete({"pipebench", "--chaos", "kill-w"}) == words{"kill-worker@50%"});
    CHECK(bash.complete({"pipebench", "compare", "--threshold", "p99_"}) == words{"p99_ms="});
    CHECK(bash.complete({"pipebench", "-n", ""}).empty());
    CHECK(has(bash.complete({"pipebench", "-q", ""}), "--pattern"));  // a flag has no value
}

TEST_CASE("bash completes files and directories", "[completion]") {
    const shell bash;
    CHECK(bash.complete({"pipebench", "run", "--export-json", "res"}) == words{"result.json", "results"});
    CHECK(has(bash.complete({"pipebench", "run", "--export-json", ""}), "other.txt"));
    CHECK(bash.complete({"pipebench", "run", "--pg-bindir", ""}) == words{"results"});
    CHECK(bash.complete({"pipebench", "report", "o"}) == words{"other.txt"});
    CHECK(bash.complete({"pipebench", "compare", "result.json", "o"}) == words{"other.txt"});
    CHECK(bash.complete({"pipebench", "compare", "--base", "result.json", "o"}) == words{"other.txt"});
    CHECK(bash.complete({"pipebench", "report", "result.json", "--format", "mark"}) == words{"markdown"});
    CHECK(has(bash.complete({"pipebench", "services", "--", "tru"}), "true"));
}

TEST_CASE("completions and man page have every option of every command", "[completion]") {
    const auto of = [](const words& arguments) {
        const auto end = user{}.run_pipebench(arguments);
        REQUIRE(end.code == 0);
        return end.out;
    };
    const auto bash = of({"_completions", "bash"}), zsh = of({"_completions", "zsh"}),
               fish = of({"_completions", "fish"}), page = of({"_man", "2026-11-27"});
    std::size_t checked = 0;
    for (const auto& c : command_tree())
        for (const auto& o : c.options)
            for (const auto& name : o.names) {
                if (!name.starts_with("--")) continue;
                INFO(c.name << " " << name);
                ++checked;
                CHECK(contains(bash, name));
                CHECK(contains(zsh, name + (o.placeholder.empty() ? "[" : "=[")));
                CHECK(contains(fish, " -l " + name.substr(2) + " "));
                auto escaped = name;
                for (auto at = escaped.find('-'); at != std::string::npos; at = escaped.find('-', at + 2))
                    escaped.insert(at, "\\");
                CHECK(contains(page, escaped));
            }
    CHECK(checked > 100);
    CHECK(contains(page, ".TH PIPEBENCH 1 2026-11-27"));
    for (const scenario& s : scenarios()) CHECK(contains(fish, s.name));
}

TEST_CASE("what prints them is not among the commands, and refuses what it does not know", "[completion]") {
    CHECK_FALSE(contains(user{}.run_pipebench({"--help"}).out, "_man"));
    const auto end = user{}.run_pipebench({"_completions", "tcsh"});
    CHECK(end.code == 2);
    CHECK(contains(end.err, "known: bash, zsh, fish"));
    CHECK(user{}.run_pipebench({"_man", "today"}).code == 2);
}

// The README, docs/, `--help` and `list` must agree. These tests fail if a change updates only one of them.
#include "cli/work_options.hpp"
#include "pipebench/pattern.hpp"
#include "pipebench/reporter.hpp"
#include "report/text_table.hpp"
#include "support/command.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <regex>
#include <set>
#include <sstream>

using namespace pipebench;
using namespace pipebench::test;
namespace fs = std::filesystem;

namespace {

const fs::path source = PIPEBENCH_SOURCE_DIR;

std::string readme() { return read_file(source / "README.md"); }

std::string all_documents() {
    std::string out = readme();
    for (const auto& entry : fs::directory_iterator(source / "docs"))
        if (entry.path().extension() == ".md") out += read_file(entry.path());
    return out;
}

std::string output_of(const std::vector<std::string>& arguments) {
    const user someone;
    const auto end = someone.run_pipebench(arguments);
    REQUIRE(end.code == 0);
    REQUIRE_FALSE(end.out.empty());
    return end.out;
}

std::set<std::string> matches(const std::string& text, const std::string& expression) {
    const std::regex wanted(expression);
    std::set<std::string> out;
    for (std::sregex_iterator m(text.begin(), text.end(), wanted), end; m != end; ++m) out.insert((*m)[1]);
    return out;
}

// Not in the middle of a word, or of a table's rule: "|---|---:|".
std::set<std::string> options_in(const std::string& text) {
    return matches(text, "(?:^|[^-\\w])(--[a-z][a-z-]*[a-z])");
}

std::set<std::string> subcommands() {
    const auto help = output_of({"--help"});
    return matches(help.substr(help.find("Subcommands:"), help.find("Exit codes:") - help.find("Subcommands:")),
                   "\n  ([a-z][a-z-]+)  ");
}

std::set<std::string> options_of_all_commands() {
    auto out = options_in(output_of({"--help"}));
    for (const auto& command : subcommands()) out.merge(options_in(output_of({command, "--help-all"})));
    return out;
}

std::string trimmed(const std::string& text) {
    const auto begin = text.find_first_not_of(" `"), end = text.find_last_not_of(" `");
    return begin == std::string::npos ? "" : text.substr(begin, end - begin + 1);
}

/// The cells of the first row in docs/options.md whose first cell has this option.
std::vector<std::string> row_of(const std::string& option) {
    std::istringstream lines(read_file(source / "docs" / "options.md"));
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("| ")) continue;
        std::vector<std::string> cells;
        std::istringstream in(line.substr(1));
        for (std::string cell; std::getline(in, cell, '|');) cells.push_back(trimmed(cell));
        if (cells.size() >= 3 && options_in(cells[0]).contains(option)) return cells;
    }
    return {};
}

/// Options of other programs that the documents use.
const std::set<std::string> of_others{"--build",       "--preset",     "--install",
                                      "--prefix",      "--test-dir",   "--rm",
                                      "--include",     "--variant",    "--output-on-failure",
                                      "--no-sync",     "--scale",      "--parallel",
                                      "--label-regex", "--target-dir", "--no-install-recommends",
                                      "--base",        "--fast",       "--scan",
                                      "--check",       "--dry-run",    "--files",
                                      "--strip",       "--unbuffered"};

}  // namespace

TEST_CASE("every option of every command is in the README or in docs/", "[documents]") {
    const auto documented = options_in(all_documents());
    const auto known = options_of_all_commands();
    REQUIRE(known.size() > 20);
    for (const auto& option : known) {
        if (option == "--help" || option == "--version") continue;  // common to all programs
        INFO(option);
        CHECK(documented.contains(option));
    }
}

TEST_CASE("every option that the documents name exists", "[documents]") {
    const auto known = options_of_all_commands();
    const auto documented = options_in(all_documents());
    REQUIRE(documented.size() > 10);
    for (const auto& option : documented) {
        INFO(option);
        CHECK((known.contains(option) || of_others.contains(option)));
    }
}

TEST_CASE("docs/options.md has every parameter with its default, as --help has it", "[documents]") {
    std::size_t checked = 0;
    for (const parameter& p : parameters()) {
        if (!p.has_option()) continue;
        INFO(p.option);
        ++checked;
        const auto row = row_of(std::string(p.long_option()));
        REQUIRE(row.size() >= 3);
        CHECK_FALSE(row[1].empty());
        if (p.key == std::string("pool_processes"))
            CHECK(row[2] == "100; article: 8; capacity: 2 per core; deployment: 150");
        else CHECK(row[2] == default_of(p, {}));
    }
    REQUIRE(checked > 20);
}

TEST_CASE("gate --help has the defaults of its own profile, and offers nothing that gate refuses", "[documents]") {
    const auto help = std::regex_replace(output_of({"gate", "--help-all"}), std::regex("\\s+"), " ");
    for (const auto& expected :
         {"[capacity]", "[5k]", "[0s; equal, article, deployment: 100ms]", "[1; equal, deployment: 4]"}) {
        INFO(expected);
        CHECK(contains(help, expected));
    }
    CHECK_FALSE(contains(help, "all, none"));
    CHECK(contains(output_of({"run", "--help"}), "all, none"));
}

TEST_CASE("--help, list and doctor fit into the columns of the terminal", "[documents]") {
    auto commands = subcommands();
    REQUIRE(commands.contains("run"));
    std::vector<std::vector<std::string>> asked{{"--help"}, {"list"}, {"doctor"}};
    for (const auto& command : commands)
        for (const char* extent : {"--help", "--help-all"}) asked.push_back({command, extent});
    for (const std::size_t width : {80u, 100u})
        for (const auto& arguments : asked) {
            auto c = user{}.pipebench(arguments);
            c.environment["COLUMNS"] = std::to_string(width);
            std::istringstream out(run(c).out);
            for (std::string line; std::getline(out, line);) {
                INFO(width << ": " << arguments.front() << ": " << line);
                CHECK(reporting::display_width(line) <= width);
            }
        }
}

TEST_CASE("--help of a command with many options has the usual ones, and --help-all has all", "[documents]") {
    const auto usual = output_of({"run", "--help"}), all = output_of({"run", "--help-all"});
    CHECK(contains(usual, "--orders"));
    CHECK_FALSE(contains(usual, "--backoff-cap"));
    CHECK(contains(all, "--backoff-cap"));
    CHECK(contains(usual, "--help-all"));
    CHECK(lines_of(usual).size() < 80);
    CHECK(contains(output_of({"mock-api", "--help"}), "--allow-remote"));  // few options: all of them
}

TEST_CASE("the README shows the two commands of a newcomer, and the scripts are there", "[documents]") {
    CHECK(contains(readme(), "scripts/run.sh"));
    CHECK(contains(readme(), "pipebench --pattern all -n 10000"));
    for (const auto& script : matches(readme(), "(scripts/[\\w.-]+\\.sh)")) {
        INFO(script);
        CHECK(fs::exists(source / script));
    }
}

TEST_CASE("the README names every exit code as --help does", "[documents]") {
    const auto help = output_of({"run", "--help"});
    const auto codes = matches(help.substr(help.find("Exit codes:")), "\\b(0|1|2|3|130|143)\\b");
    CHECK(codes == std::set<std::string>{"0", "1", "2", "3", "130", "143"});
    const auto table = readme().substr(readme().find("## Exit codes"));
    const auto rows = table.substr(0, table.find("\n## ", 1));
    for (const auto& code : codes) {
        INFO(code);
        CHECK(std::regex_search(rows, std::regex("\\|[\\s\\d,`]*\\b" + code + "\\b[\\s\\d,`]*\\|")));
    }
    for (const auto& meaning : {"all well", "an assertion, comparison or gate failed", "nothing was measured",
                                "the ledger does not balance", "the partial result was written"}) {
        CHECK(contains(help, meaning));
        CHECK(contains(rows, meaning));
    }
}

TEST_CASE("the README names every pattern, profile, command and format", "[documents]") {
    const auto listed = output_of({"list"});
    const auto words = matches(listed, "\n  ([a-z][a-z-]+)  ");
    for (const pattern& p : patterns()) CHECK(words.contains(std::string(p.id)));
    for (const reporter& r : reporters()) CHECK(words.contains(std::string(r.id)));
    REQUIRE(words.size() > patterns().size() + reporters().size());
    auto all = subcommands();
    all.insert(words.begin(), words.end());
    for (const auto& word : all) {
        INFO(word);
        CHECK(contains(all_documents(), word));
    }
    for (const pattern& p : patterns()) CHECK(contains(readme(), '`' + std::string(p.id) + '`'));
}

TEST_CASE("every file that the documents link to is there", "[documents]") {
    for (const auto& link : matches(readme(), "\\]\\(([^)#:]+)(?:#[^)]*)?\\)")) {
        INFO(link);
        CHECK(fs::exists(source / link));
    }
}

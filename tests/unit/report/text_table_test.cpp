// To a reader of the table, a shifted column or a number rounded to zero is a wrong result.
#include "report/numbers.hpp"
#include "report/pattern_tables.hpp"
#include "support/sample_result.hpp"

#include "contracts/error.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cmath>
#include <limits>

using namespace pipebench;
using namespace pipebench::reporting;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

table small_table() {
    return {{{"Name", "", align::left}, {"Time", "s"}, {"Says", "", align::left}},
            {{{"a", "1.25", "ok"}}, {{"longer", "10.50", "not so well"}, tone::alarm}}};
}

std::vector<std::string> lines(const std::string& text) {
    std::vector<std::string> out;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        out.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return out;
}

std::string cell(const table& t, std::size_t row_index, std::string_view column_name) {
    for (std::size_t i = 0; i < t.columns.size(); ++i)
        if (t.columns[i].name == column_name) return t.rows.at(row_index).cells.at(i);
    return "no such column";
}

/// The table below the main one whose title begins with `title`.
table below(const session_result& s, std::string_view title) {
    for (auto& [name, content, is_detail] : further_tables(summarise(s)))
        if (name.starts_with(title)) return content;
    FAIL("there is no such table");
    return {};
}

}  // namespace

TEST_CASE("text is aligned, with the units below the names and no blanks at the ends", "[table]") {
    CHECK(to_text(small_table(), {colours::off, 80}) == "Name     Time  Says\n"
                                                        "          (s)\n"
                                                        "------  -----  -----------\n"
                                                        "a        1.25  ok\n"
                                                        "longer  10.50  not so well\n");
}

TEST_CASE("colours are off unless asked for, and an alarm is red", "[table]") {
    CHECK(to_text(small_table(), {colours::off, 80}).find('\x1b') == std::string::npos);
    const auto out = lines(to_text(small_table(), {colours::on, 80}));
    CHECK(out[0] == "\x1b[1mName     Time  Says\x1b[0m");
    CHECK(out[3] == "a        1.25  ok");
    CHECK(out[4] == "\x1b[1;31mlonger  10.50  not so well\x1b[0m");
}

TEST_CASE("a cell of several bytes per character is as wide as it looks", "[table]") {
    table t = small_table();
    t.rows[0].cells[0] = "żółć€";
    const auto out = lines(to_text(t, {colours::off, 80}));
    CHECK(out[3] == "żółć€    1.25  ok");
    CHECK(display_width("żółć€") == 5);
    CHECK_THAT(to_markdown(t), ContainsSubstring("| żółć€  |     1.25 | ok          |\n"));
}

TEST_CASE("a text that has no room beside its row goes below it, whole", "[table]") {
    table t = small_table();
    t.rows[1].cells[2] = "INVALID: the mock API was the bottleneck and not the pattern";
    const auto out = lines(to_text(t, {colours::off, 45}));
    CHECK(out[3] == "a        1.25  ok");
    CHECK(out[4] == "longer  10.50  below");
    CHECK(out[5] == "    INVALID: the mock API was the bottleneck");
    CHECK(out[6] == "    and not the pattern");
    for (const auto& line : out) CHECK(display_width(line) <= 45);
}

TEST_CASE("columns give way in their order where there is no room, and are named", "[table]") {
    table t{{{"Name", "", align::left},
             {"Third", "", align::right, 1},
             {"First", "s", align::right, 3},
             {"Second", "", align::right, 2},
             {"Stays", ""}},
            {{{"a", "1", "2", "3", "4"}}}};
    CHECK(lines(to_text(t, {colours::off, 40}))[0] == "Name  Third  First  Second  Stays");
    const auto out = lines(to_text(t, {colours::off, 28}));
    CHECK(out[0] == "Name  Third  Second  Stays");
    CHECK(out.back() == "First (s).");
    CHECK(lines(to_text(t, {colours::off, 20}))[0] == "Name  Third  Stays");
    CHECK(lines(to_text(t, {colours::off, 13}))[0] == "Name  Stays");
}

TEST_CASE("with details no column gives way: the table goes on below itself, with the names", "[table]") {
    const table t{{{"Name", "", align::left}, {"One", "", align::right, 1}, {"Two", ""}},
                  {{{"a", "1", "2"}}, {{"b", "3", "4"}}}};
    CHECK(to_text(t, {colours::off, 11, true}) == "Name  One\n"
                                                  "----  ---\n"
                                                  "a       1\n"
                                                  "b       3\n"
                                                  "\n"
                                                  "Name  Two\n"
                                                  "----  ---\n"
                                                  "a       2\n"
                                                  "b       4\n");
}

namespace {

/// Times with values, to be marked; the last row is an alarm.
table marked_times(std::vector<double> times) {
    table t{{{"Name", "", align::left}, {"Time", "s", align::right, 0, best::lowest, true}}, {}};
    for (const double x : times) t.rows.push_back({{"a", seconds(x)}, tone::plain, {std::nan(""), x}});
    t.rows.back().mood = tone::alarm;
    return t;
}

}  // namespace

TEST_CASE("the best of a column is marked, with every cell that shows the same", "[table]") {
    const auto out = lines(to_text(marked_times({2.001, 3, 2.002, 1}), {colours::off, 20}));
    CHECK(out[3] == "a     2.00*");
    CHECK(out[4] == "a     3.00");
    CHECK(out[5] == "a     2.00*");
    CHECK(out[6] == "a     1.00");  // an alarm has no part in it
    const auto green = lines(to_text(marked_times({1, 2, 3}), {colours::on, 20}));
    CHECK(green[3] == "a     \x1b[1;32m1.00*\x1b[0m");
}

TEST_CASE("no cell is marked where all show the same, or where one counts alone", "[table]") {
    CHECK(to_text(marked_times({2, 2, 1}), {colours::off, 20}).find('*') == std::string::npos);
    CHECK(to_text(marked_times({2, 1}), {colours::off, 20}).find('*') == std::string::npos);
    CHECK(to_text(marked_times({2, std::nan(""), 1}), {colours::off, 20}).find('*') == std::string::npos);
}

TEST_CASE("a row that cannot be the best is not marked, and one that is told to be is", "[table]") {
    auto t = marked_times({1, 2, 3, 4});
    t.rows[0].competes = false;
    CHECK(lines(to_text(t, {colours::off, 20}))[3] == "a     1.00");
    CHECK(lines(to_text(t, {colours::off, 20}))[4] == "a     2.00*");
    t.rows[2].marked = {false, true};
    CHECK(lines(to_text(t, {colours::off, 20}))[5] == "a     3.00*");
}

TEST_CASE("a pattern that could not keep up or failed orders is not marked as the best", "[table]") {
    auto s = test::sample_session();
    CHECK_THAT(to_text(main_table(summarise(s)), {colours::off, 150}), ContainsSubstring(" 1.84*"));
    s.runs[0].failed = 1;
    --s.runs[0].stored;
    const auto text = to_text(main_table(summarise(s)), {colours::off, 150});
    CHECK_THAT(text, ContainsSubstring(" 1.84 ") && ContainsSubstring(" 20.23*"));
}

TEST_CASE("bars of the time stand behind its spread", "[table]") {
    const auto text = to_text(main_table(summarise(test::session_of_rounds())), {colours::off, 200});
    const auto head = lines(text).front();
    CHECK(head.find("±") < head.find("Floor"));
    CHECK(head.find("±") - head.find("Time") < 12);
}

TEST_CASE("bars are as long as their values, and give way to the columns", "[table]") {
    const auto out = lines(to_text(marked_times({1, 2, 0.5}), {colours::off, 40}));
    CHECK(out[3] == "a      1.00* ██████");
    CHECK(out[4] == "a      2.00  ████████████");
    CHECK(to_text(marked_times({1, 2}), {colours::off, 20}).find("█") == std::string::npos);
}

TEST_CASE("a width too small for the table costs no words and no crash", "[table]") {
    table t = small_table();
    t.rows[1].cells[2] = "one two " + std::string(50, 'x');
    CHECK_THAT(to_text(t, {colours::off, 0}), ContainsSubstring(std::string(50, 'x')));
    CHECK(to_text(table{}, {colours::on, 80}).empty());
}

TEST_CASE("wrapping keeps every word", "[table]") {
    CHECK(wrap("", 10) == std::vector<std::string>{""});
    CHECK(wrap("one two three", 7) == std::vector<std::string>{"one two", "three"});
    CHECK(wrap("longerthanthat a b", 5) == std::vector<std::string>{"longerthanthat", "a b"});
    CHECK(wrap("éé éé", 5) == std::vector<std::string>{"éé éé"});
}

TEST_CASE("markdown has right-aligned numbers and the units in the header", "[table][markdown]") {
    CHECK(to_markdown(small_table()) == "| Name   | Time (s) | Says        |\n"
                                        "|:------ | --------:|:----------- |\n"
                                        "| a      |     1.25 | ok          |\n"
                                        "| longer |    10.50 | not so well |\n");
}

TEST_CASE("markdown shows foreign text and does not obey it", "[table][markdown]") {
    CHECK(escape_markdown("a|b") == "a\\|b");
    CHECK(escape_markdown("`x` <b> [a](b) *c*") == "\\`x\\` \\<b\\> \\[a\\](b) \\*c\\*");
    CHECK(escape_markdown("a\nb\rc") == "a b c");
    CHECK(escape_markdown("a\\|b") == "a\\\\\\|b");  // an escaped backslash, then an escaped pipe
    table t = small_table();
    t.rows[0].cells[2] = "x|y\nz";
    CHECK_THAT(to_markdown(t), ContainsSubstring("| x\\|y z"));
    CHECK(lines(to_markdown(t)).size() == 4);
}

TEST_CASE("a number above zero is never shown as zero", "[table][numbers]") {
    CHECK(fixed(0, 2) == "0");
    CHECK(fixed(0.004, 2) == "<0.01");
    CHECK(fixed(0.006, 2) == "0.01");
    CHECK(fixed(1e-300, 1) == "<0.1");
    CHECK(fixed(0.3, 0) == "<1");
    CHECK(megabytes(1) == "<0.1");
    CHECK(seconds(0.00001) == "<0.001");
}

TEST_CASE("numbers keep sensible digits and are grouped by three", "[table][numbers]") {
    CHECK(seconds(20.413) == "20.41");
    CHECK(seconds(0.2) == "0.200");
    CHECK(fixed(98.85, 1) == "98.8");
    CHECK(fixed(1204.24, 1) == "1,204.2");
    CHECK(fixed(999.96, 1) == "1,000.0");
    CHECK(fixed(-1234.5, 1) == "-1,234.5");
    CHECK(fixed(-123.4, 1) == "-123.4");
    CHECK(fixed(1e300, 1) == "1e+300");
    CHECK(fixed(std::numeric_limits<double>::quiet_NaN(), 1) == "-");
    CHECK(fixed(std::numeric_limits<double>::infinity(), 1) == "-");
    CHECK(megabytes(1'284'600'000) == "1,284.6");
    CHECK(grouped(0) == "0");
    CHECK(grouped(999) == "999");
    CHECK(grouped(1'000) == "1,000");
    CHECK(grouped(18'446'744'073'709'551'615ull) == "18,446,744,073,709,551,615");
}

TEST_CASE("an error rate is 0 or 100 only when it is that exactly", "[table][numbers]") {
    CHECK(error_percent(0, 10'000) == "0");
    CHECK(error_percent(1, 10'000) == "0.01");
    CHECK(error_percent(1, 1'000'000) == "<0.01");
    CHECK(error_percent(35, 1'000) == "3.50");
    CHECK(error_percent(10, 10) == "100");
    CHECK(error_percent(999'999, 1'000'000) == ">99.99");
    CHECK(error_percent(0, 0) == "-");
}

TEST_CASE("foreign text cannot steer a terminal", "[table][printable]") {
    CHECK(printable("plain, żółć €") == "plain, żółć €");
    CHECK(printable("\x1b[31mred\n") == "\\x1b[31mred\\x0a");
    CHECK(printable("\xff") == "\xEF\xBF\xBD");
    CHECK(printable("C1 \xc2\x9b") == "C1 \xEF\xBF\xBD");
    CHECK(printable("turn \xe2\x80\xae") == "turn \xEF\xBF\xBD");
    CHECK(printable(std::string(1000, 'x')).size() == 403);
    CHECK(printable("abc\xc3\xa9", 4) == "abc...");  // not half a character
}

TEST_CASE("the main table has the columns and units that the documents promise", "[table]") {
    const auto header = lines(to_markdown(main_table(summarise(test::sample_session())))).front();
    std::string squeezed;
    for (const char c : header)
        if (c != ' ' || !squeezed.ends_with(' ')) squeezed += c;
    CHECK(squeezed == "| Pattern | In flight | Time (s) | Floor (s) | Eff. (%) | Peak RSS (MB) | PSS (MB) | CPU (%) "
                      "| CPU/order (us) | p50 (ms) | p99 (ms) | Errors (%) | Lost | Verdict |");
}

TEST_CASE("the main table shows what was measured", "[table]") {
    const table t = main_table(summarise(test::sample_session()));
    REQUIRE(t.rows.size() == 5);
    CHECK(t.rows[1].cells == std::vector<std::string>{"semaphore", "100", "20.23", "20.00", "98.9", "14.9", "11.2",
                                                      "4.0", "162", "201.4", "208.8", "0", "0", "ok"});
    for (const auto& line : lines(to_text(t, {colours::off, 150}))) CHECK(display_width(line) <= 150);
}

TEST_CASE("a row that must not be trusted stands out in the row itself", "[table]") {
    session_result s = test::sample_session();
    s.runs[0].verdict = {verdict_kind::invalid_ledger, "INVALID: 3 lost"};
    s.runs[1].verdict = {verdict_kind::not_judged, "the box was busy"};
    s.runs[2].verdict = {verdict_kind::not_judged, ""};
    s.runs[3].interrupted = true;
    const table t = main_table(summarise(s));
    CHECK(cell(t, 0, "Pattern") == "! fan-out");
    CHECK(cell(t, 0, "Verdict") == "INVALID: 3 lost");
    CHECK(cell(t, 1, "Verdict") == "NOT TRUSTED: the box was busy");
    CHECK(cell(t, 2, "Verdict") == "NOT TRUSTED");
    CHECK(cell(t, 3, "Pattern") == "! thread-pool");
    CHECK_THAT(cell(t, 3, "Verdict"), StartsWith("INTERRUPTED after 10,000 of 10,000 orders"));
    for (std::size_t i = 0; i < 4; ++i) CHECK(t.rows[i].mood == tone::alarm);
    CHECK(t.rows[4].mood == tone::plain);
    CHECK(cell(t, 4, "Pattern") == "redis-streams");
}

TEST_CASE("the table of stages has the runs that tell of theirs, side by side for each stage", "[table]") {
    session_result s = test::sample_session();
    for (const auto& t : further_tables(summarise(s))) CHECK_FALSE(t.title.starts_with("Stages"));
    const double nan = std::nan("");
    const stage_times known{{3, {101, 100, 102, 104, 105, 106}, {}}, {}, {0, {nan, nan, nan, nan, nan, nan}, {}}};
    s.runs[1].stages = s.runs[4].stages = known;
    const table t = below(s, "Stages");
    REQUIRE(t.rows.size() == 6);
    CHECK(t.rows[0].cells == std::vector<std::string>{"fetch", "semaphore", "3", "100.000", "104.000", "106.000"});
    CHECK(cell(t, 1, "Pattern") == "redis-streams");
    CHECK(cell(t, 2, "Stage") == "transform");
    CHECK(cell(t, 4, "p50") == "-");
}

TEST_CASE("what is not known is a dash, not a zero", "[table]") {
    session_result s = test::sample_session();
    s.runs[0].api.known = false;
    s.runs[0].stored = 0;
    s.runs[0].services.clear();
    CHECK(cell(below(s, "Around"), 0, "Requests") == "-");
    CHECK(cell(main_table(summarise(s)), 0, "p50") == "-");
    CHECK(cell(below(s, "Beside"), 0, "postgres") == "-");
    CHECK(cell(below(s, "Beside"), 1, "postgres") == "1.92");
}

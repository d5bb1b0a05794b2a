// For people at a terminal.
#include "analysis/metrics.hpp"
#include "report/formats.hpp"
#include "report/session_tables.hpp"
#include "report/trouble_tables.hpp"

#include <fmt/format.h>

namespace pipebench::reporting {
namespace {

constexpr std::size_t text_width = 118, label_width = 10;  // columns of a terminal

std::string alarm_line(const std::string& text, colours c) {
    return c == colours::on ? "\x1b[1;31m" + text + "\x1b[0m\n" : text + "\n";
}

std::string assertions_text(const session_result& r, colours c) {
    std::string out;
    const auto lines = assertion_lines(r);
    for (std::size_t i = 0; i < lines.size(); ++i)
        out += r.assertions[i].held ? lines[i] + "\n" : alarm_line(lines[i], c);
    return out.empty() ? out : out + "\n";
}

std::string titled(std::string_view title, const table& t, colours c) {
    return fmt::format("\n{}\n{}", title, to_text(t, c, table_width));
}

std::string readiness_text(const session_result& r, colours c) {
    std::string out = "\n" + to_text(readiness_table(assess(r)), c, table_width) + "\n";
    for (const auto& line : readiness_lines(r))
        for (const auto& part : wrap(line, text_width)) out += part + "\n";
    return out;
}

/// The tables, under each scenario.
std::string scenarios_text(const session_result& r, colours c) {
    std::string out;
    const auto parts = by_scenario(r);
    for (const auto& [scenario, session] : parts) {
        const auto patterns = summarise(session);
        const auto heading = scenario_heading(scenario, parts.size());
        if (!heading.empty()) out += "\n" + heading + "\n";
        out += "\n" + to_text(main_table(patterns), c, table_width);
        if (&session == &parts.front().session) {
            out += fmt::format("\n{}\n{}\n", how_to_read_floor, how_to_read_efficiency);
            if (r.rounds > 1) out += fmt::format("{}\n", how_to_read_rounds);
        }
        for (const auto& [title, content] : further_tables(patterns)) out += titled(title, content, c);
    }
    return out;
}

std::string fact_text(const fact& f) {
    std::string out;
    for (std::size_t i = 0; i < f.lines.size(); ++i) {
        std::string lead = fmt::format("{:<{}}", i == 0 ? f.label : "", label_width);
        for (const auto& part : wrap(f.lines[i], text_width - label_width)) {
            out += lead + part + "\n";
            lead.assign(label_width + 2, ' ');
        }
    }
    return out;
}

}  // namespace

std::string render_text(const session_result& raw, colours c) {
    const session_result r = printable_copy(raw);
    std::string out = assertions_text(r, c) + headline(r) + "\n";
    for (const auto& line : alarms(r)) out += alarm_line(line, c);
    if (r.runs.empty()) out += "\nNothing was measured.\n";
    else {
        if (asks_for_readiness(r)) out += readiness_text(r, c);
        out += scenarios_text(r, c);
    }
    const auto below = facts(r);
    if (!below.empty()) out += "\n";
    for (const auto& f : below) out += fact_text(f);
    return out;
}

}  // namespace pipebench::reporting

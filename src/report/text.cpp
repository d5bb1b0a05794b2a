// For people at a terminal.
#include "report/colour.hpp"
#include "report/formats.hpp"
#include "report/pattern_tables.hpp"
#include "report/trouble_tables.hpp"

#include <fmt/format.h>

namespace pipebench::reporting {
namespace {

constexpr std::size_t label_width = 10;

std::string alarm_line(const std::string& text, colours c) { return painted(text, ink::alarm, c) + "\n"; }

std::string assertions_text(const report_model& m, colours c) {
    std::string out;
    const auto lines = assertion_lines(m);
    for (std::size_t i = 0; i < lines.size(); ++i)
        out += m.shown.assertions[i].held ? lines[i] + "\n" : alarm_line(lines[i], c);
    return out.empty() ? out : out + "\n";
}

std::string titled(std::string_view title, const table& t, colours c) {
    return fmt::format("\n{}\n{}", title, to_text(t, c, table_width));
}

std::string readiness_text(const report_model& m, colours c) {
    if (m.production.empty()) return {};
    std::string out = "\n" + to_text(readiness_table(m.production), c, table_width) + "\n";
    for (const auto& line : readiness_lines(m.shown)) out += wrapped(line, 0);
    return out;
}

/// The tables of each scenario.
std::string scenarios_text(const report_model& m, colours c) {
    std::string out;
    for (const auto& part : m.scenarios) {
        const auto heading = scenario_heading(part.scenario, m.scenarios.size());
        if (!heading.empty()) out += "\n" + heading + "\n";
        out += "\n" + to_text(main_table(part.patterns), c, table_width);
        if (&part == &m.scenarios.front()) {
            out += "\n";
            for (const auto& line : how_to_read(m)) out += line + "\n";
        }
        for (const auto& [title, content] : further_tables(part.patterns)) out += titled(title, content, c);
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

std::string render_text(const report_model& m, colours c) {
    std::string out = assertions_text(m, c) + headline(m) + "\n";
    for (const auto& line : alarms(m)) out += alarm_line(line, c);
    if (m.shown.runs.empty()) out += "\nNothing was measured.\n";
    else out += readiness_text(m, c) + scenarios_text(m, c);
    const auto below = facts(m);
    if (!below.empty()) out += "\n";
    for (const auto& f : below) out += fact_text(f);
    return out;
}

}  // namespace pipebench::reporting

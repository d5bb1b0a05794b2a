// For people at a terminal: the answer, the table, what must be known; and all the rest with details.
#include "report/answer.hpp"
#include "report/colour.hpp"
#include "report/formats.hpp"
#include "report/pattern_tables.hpp"
#include "report/trouble_tables.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pipebench::reporting {
namespace {

constexpr std::size_t label_width = 12;

std::string lines_of(const std::string& text, ink with, const look& how) {
    std::string out;
    for (const auto& line : wrap(text, how.width)) out += painted(line, with, how.ink) + "\n";
    return out;
}

std::string assertions_text(const report_model& m, const look& how) {
    std::string out;
    const auto lines = assertion_lines(m);
    for (std::size_t i = 0; i < lines.size(); ++i)
        out += m.shown.assertions[i].held ? wrapped(lines[i], 8, how.width) : lines_of(lines[i], ink::alarm, how);
    return out.empty() ? out : out + "\n";
}

std::string titled(std::string_view title, const table& t, const look& how) {
    return fmt::format("\n{}{}", lines_of(std::string(title), ink::bold, how), to_text(t, how));
}

std::string readiness_text(const report_model& m, const look& how) {
    if (m.production.empty()) return {};
    std::string out = "\n" + to_text(readiness_table(m.production), how) + "\n";
    for (const auto& line : readiness_lines(m.shown, how.details)) out += wrapped(line, 0, how.width);
    return out;
}

/// What explains columns and signs that the table does have.
std::string notes_on(const std::string& main, const report_model& m, const look& how) {
    const auto shows = [&](const char* part) { return main.find(part) != std::string::npos; };
    std::string out;
    for (const auto& line : how_to_read(m)) {
        const bool is_of_floor = line.starts_with("Floor:"), is_of_spread = line.find("±") != std::string::npos;
        if ((is_of_floor && !shows("Floor") && !shows("Eff.")) || (is_of_spread && !shows("±"))) continue;
        out += wrapped(line, 0, how.width);
    }
    if (shows("*")) out += "* the best of its column\n";
    return out;
}

/// The tables of each scenario.
std::string scenarios_text(const report_model& m, const look& how) {
    std::string out;
    for (const auto& part : m.scenarios) {
        const auto heading = scenario_heading(part.scenario, m.scenarios.size());
        if (!heading.empty()) out += "\n" + lines_of(heading, ink::bold, how);
        const auto main = to_text(main_table(part.patterns), how);
        out += "\n" + main;
        if (&part == &m.scenarios.front()) out += "\n" + notes_on(main, m, how);
        for (const auto& [title, content, is_detail] : further_tables(part.patterns))
            if (how.details || !is_detail) out += titled(title, content, how);
    }
    return out;
}

std::string facts_text(const report_model& m, const look& how) {
    std::string out;
    for (const auto& f : facts(m))
        if (how.details || !f.is_detail) out += to_text(f, how);
    return out.empty() ? out : "\n" + out;
}

}  // namespace

std::string to_text(const fact& f, const look& how) {
    const auto room = std::min(how.width, widest_sentence);
    std::string out;
    for (std::size_t i = 0; i < f.lines.size(); ++i) {
        const auto label = fmt::format("{:<{}}", i == 0 ? f.label : "", label_width);
        std::string lead = i == 0 ? painted(label, ink::bold, how.ink) : label;
        for (const auto& part : wrap(f.lines[i], room - std::min(room, label_width))) {
            out += lead + part + "\n";
            lead.assign(label_width, ' ');
        }
    }
    return out;
}

std::string render_text(const report_model& m, const look& how) {
    std::string out = assertions_text(m, how) + wrapped(headline(m), 4, how.width);
    for (const auto& line : alarms(m)) out += lines_of(line, ink::alarm, how);
    if (m.shown.runs.empty()) return out + "\nNothing was measured.\n" + facts_text(m, how);
    out += "\n";
    for (const auto& f : answer(m)) out += to_text(f, how);
    out += readiness_text(m, how) + scenarios_text(m, how) + facts_text(m, how);
    if (!how.details)
        out += lines_of("\n--details shows orders, queues, services, box, build and settings.", ink::dim, how);
    return out;
}

}  // namespace pipebench::reporting

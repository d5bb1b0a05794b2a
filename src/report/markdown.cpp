// For issues, pull requests and READMEs: GitHub markdown with the same tables and facts as the text.
#include "report/answer.hpp"
#include "report/formats.hpp"
#include "report/pattern_tables.hpp"
#include "report/trouble_tables.hpp"

#include <fmt/format.h>

namespace pipebench::reporting {
namespace {

std::string titled(std::string_view title, const table& t) {
    return fmt::format("\n**{}**\n\n{}", title, to_markdown(t));
}

std::string readiness_markdown(const report_model& m) {
    if (m.production.empty()) return {};
    std::string out = to_markdown(readiness_table(m.production)) + "\n";
    for (const auto& line : readiness_lines(m.shown)) out += escape_markdown(line) + "\n\n";
    return out;
}

/// The tables of each scenario.
std::string scenarios_markdown(const report_model& m) {
    std::string out;
    for (const auto& part : m.scenarios) {
        const auto heading = scenario_heading(part.scenario, m.scenarios.size());
        if (!heading.empty()) out += fmt::format("{}**{}**\n\n", out.empty() ? "" : "\n", escape_markdown(heading));
        out += to_markdown(main_table(part.patterns));
        if (&part == &m.scenarios.front()) {
            out += "\n";
            for (const auto& line : how_to_read(m)) out += line + "\n";
        }
        for (const auto& [title, content, is_detail] : further_tables(part.patterns)) out += titled(title, content);
    }
    return out;
}

}  // namespace

std::string to_markdown(const fact& f) {
    if (f.lines.size() == 1) return fmt::format("- **{}**: {}\n", f.label, escape_markdown(f.lines.front()));
    std::string out = fmt::format("- **{}**:\n", f.label);
    for (const auto& line : f.lines) out += fmt::format("  - {}\n", escape_markdown(line));
    return out;
}

std::string render_markdown(const report_model& m, const look&) {
    std::string out;
    for (const auto& line : assertion_lines(m)) out += fmt::format("- {}\n", escape_markdown(line));
    if (!out.empty()) out += "\n";
    out += escape_markdown(headline(m)) + "\n\n";
    for (const auto& line : alarms(m)) out += fmt::format("> **{}**\n\n", escape_markdown(line));
    if (m.shown.runs.empty()) out += "Nothing was measured.\n";
    else {
        for (const auto& f : answer(m)) out += to_markdown(f);
        out += "\n" + readiness_markdown(m) + scenarios_markdown(m);
    }
    const auto below = facts(m);
    if (!below.empty()) out += "\n";
    for (const auto& f : below) out += to_markdown(f);
    return out;
}

}  // namespace pipebench::reporting

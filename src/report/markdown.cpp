// For issues, pull requests and READMEs: GitHub markdown with the same tables and facts as the text.
#include "analysis/metrics.hpp"
#include "report/formats.hpp"
#include "report/session_tables.hpp"
#include "report/trouble_tables.hpp"

#include <fmt/format.h>

namespace pipebench::reporting {
namespace {

std::string fact_markdown(const fact& f) {
    if (f.lines.size() == 1) return fmt::format("- **{}**: {}\n", f.label, escape_markdown(f.lines.front()));
    std::string out = fmt::format("- **{}**:\n", f.label);
    for (const auto& line : f.lines) out += fmt::format("  - {}\n", escape_markdown(line));
    return out;
}

std::string titled(std::string_view title, const table& t) {
    return fmt::format("\n**{}**\n\n{}", title, to_markdown(t));
}

std::string readiness_markdown(const session_result& r) {
    std::string out = to_markdown(readiness_table(assess(r))) + "\n";
    for (const auto& line : readiness_lines(r)) out += escape_markdown(line) + "\n\n";
    return out;
}

/// The tables, under each scenario.
std::string scenarios_markdown(const session_result& r) {
    std::string out;
    const auto parts = by_scenario(r);
    for (const auto& [scenario, session] : parts) {
        const auto patterns = summarise(session);
        const auto heading = scenario_heading(scenario, parts.size());
        if (!heading.empty()) out += fmt::format("{}**{}**\n\n", out.empty() ? "" : "\n", escape_markdown(heading));
        out += to_markdown(main_table(patterns));
        if (&session == &parts.front().session) {
            out += fmt::format("\n{}\n{}\n", how_to_read_floor, how_to_read_efficiency);
            if (r.rounds > 1) out += fmt::format("{}\n", how_to_read_rounds);
        }
        for (const auto& [title, content] : further_tables(patterns)) out += titled(title, content);
    }
    return out;
}

}  // namespace

std::string render_markdown(const session_result& raw, colours) {
    const session_result r = printable_copy(raw);
    std::string out;
    for (const auto& line : assertion_lines(r)) out += fmt::format("- {}\n", escape_markdown(line));
    if (!r.assertions.empty()) out += "\n";
    out += escape_markdown(headline(r)) + "\n\n";
    for (const auto& line : alarms(r)) out += fmt::format("> **{}**\n\n", escape_markdown(line));
    if (r.runs.empty()) out += "Nothing was measured.\n";
    else {
        if (asks_for_readiness(r)) out += readiness_markdown(r);
        out += scenarios_markdown(r);
    }
    const auto below = facts(r);
    if (!below.empty()) out += "\n";
    for (const auto& f : below) out += fact_markdown(f);
    return out;
}

}  // namespace pipebench::reporting

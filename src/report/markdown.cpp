// For issues, pull requests and READMEs: GitHub markdown with the same tables and facts as the text.
#include "report/formats.hpp"
#include "report/session_tables.hpp"

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

}  // namespace

std::string render_markdown(const session_result& raw, colours) {
    const session_result r = printable_copy(raw);
    const auto patterns = summarise(r);
    std::string out;
    for (const auto& line : assertion_lines(r)) out += fmt::format("- {}\n", escape_markdown(line));
    if (!r.assertions.empty()) out += "\n";
    out += escape_markdown(headline(r)) + "\n\n";
    for (const auto& line : alarms(r)) out += fmt::format("> **{}**\n\n", escape_markdown(line));
    if (r.runs.empty()) out += "Nothing was measured.\n";
    else {
        out += to_markdown(main_table(patterns));
        out += fmt::format("\n{}\n{}\n", how_to_read_floor, how_to_read_efficiency);
        if (r.rounds > 1) out += fmt::format("{}\n", how_to_read_rounds);
        out += titled("Around it: orders, ledger, and what the API counted for itself", around_table(patterns));
        out += titled("Beside it: processes, services and harness during the run", beside_table(patterns));
    }
    const auto below = facts(r);
    if (!below.empty()) out += "\n";
    for (const auto& f : below) out += fact_markdown(f);
    return out;
}

}  // namespace pipebench::reporting

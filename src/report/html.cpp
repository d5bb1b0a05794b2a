// A page to look at, to keep and to send: the tables and facts of the text, and charts.
#include "report/answer.hpp"
#include "report/formats.hpp"
#include "report/page.hpp"
#include "report/pattern_tables.hpp"
#include "report/run_charts.hpp"
#include "report/trouble_tables.hpp"

#include <fmt/format.h>

namespace pipebench::reporting {
namespace {

std::string title_of(const report_model& m) {
    const auto& r = m.shown;
    return fmt::format("pipebench{}{}", r.profile.empty() ? "" : ", profile " + r.profile,
                       r.started_at.empty() ? "" : ", " + r.started_at);
}

void add_assertions(page& out, const report_model& m) {
    const auto lines = assertion_lines(m);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (m.shown.assertions[i].held) out.paragraph(lines[i]);
        else out.alarm(lines[i]);
    }
}

/// What a reader wants to know first: the answer stands here, before everything else.
void add_answer(page& out, const report_model& m) {
    add_assertions(out, m);
    out.paragraph(headline(m));
    for (const auto& line : alarms(m)) out.alarm(line);
    if (m.shown.runs.empty()) out.paragraph("Nothing was measured.");
    for (const auto& f : answer(m)) out.fact(f.label, f.lines);
}

void add_readiness(page& out, const report_model& m) {
    if (m.production.empty()) return;
    out.heading("Production ready?");
    out.add(readiness_table(m.production), "The worst that holds of each pattern");
    for (const auto& line : readiness_lines(m.shown)) out.paragraph(line);
}

void add_charts(page& out, const report_model& m, const scenario_report& part) {
    for (const auto& [title, charts] : charts_of(m, part)) {
        out.subheading(title);
        out.add(charts);
    }
}

void add_scenario(page& out, const report_model& m, const scenario_report& part) {
    const auto heading = scenario_heading(part.scenario, m.scenarios.size());
    out.heading(heading.empty() ? "Patterns" : heading);
    out.add(main_table(part.patterns), "One row for each pattern");
    if (&part == &m.scenarios.front())
        for (const auto& line : how_to_read(m)) out.paragraph(line);
    add_charts(out, m, part);
    const auto further = further_tables(part.patterns);
    if (further.empty()) return;
    out.open_details("Further tables");
    for (const auto& [title, content, is_detail] : further) out.add(content, title);
    out.close_details();
}

void add_facts(page& out, const report_model& m) {
    const auto all = facts(m);
    if (all.empty()) return;
    out.heading("What was measured, where and how");
    for (const auto& f : all) out.fact(f.label, f.lines);
}

}  // namespace

std::string render_html(const report_model& m, const look&) {
    page out(title_of(m));
    add_answer(out, m);
    if (!m.shown.runs.empty()) {
        add_readiness(out, m);
        for (const auto& part : m.scenarios) add_scenario(out, m, part);
    }
    add_facts(out, m);
    return out.html();
}

}  // namespace pipebench::reporting

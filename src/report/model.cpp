#include "report/model.hpp"

#include "contracts/error.hpp"
#include "contracts/scenario.hpp"

#include <algorithm>
#include <utility>

namespace pipebench {
namespace {

void make_printable(std::vector<std::string>& texts) {
    for (auto& t : texts) t = printable(t);
}

template <class... Text>
void make_printable(Text&... texts) {
    ((texts = printable(texts)), ...);
}

void make_printable(run_result& run) {
    make_printable(run.pattern, run.title, run.scenario, run.verdict.text);
    for (auto& f : run.failures) make_printable(f.reason);
    make_printable(run.notes);
}

session_result printable_copy(session_result r) {
    for (auto& t : r.tags) make_printable(t.key, t.value);
    make_printable(r.name, r.started_at, r.command, r.profile, r.chaos);
    make_printable(r.build.version, r.build.type, r.build.compiler, r.build.sanitizers);
    make_printable(r.box.host_os, r.box.kernel, r.box.cpu_model, r.box.governor, r.box.virtualization);
    for (auto& s : r.servers) make_printable(s.name, s.version, s.origin, s.settings);
    for (auto& run : r.warmup_runs) make_printable(run);
    for (auto& run : r.runs) make_printable(run);
    for (auto& a : r.assertions) make_printable(a.text, a.detail);
    make_printable(r.warnings);
    return r;
}

std::vector<scenario_report> scenarios_of(const session_result& r, std::vector<pattern_summary> rows) {
    std::vector<scenario_report> out;
    for (const auto& part : by_scenario(r)) out.push_back({part.scenario, {}, rank(part.session)});
    for (auto& row : rows) {
        const auto is_its = [&](const scenario_report& s) { return s.scenario == row.typical.scenario; };
        std::find_if(out.begin(), out.end(), is_its)->patterns.push_back(std::move(row));
    }
    return out;
}

}  // namespace

report_model model_of(const session_result& r) {
    report_model m{.result = r, .shown = printable_copy(r), .scenarios = {}, .production = {}, .advice = {}};
    auto rows = summarise(m.shown);
    if (asks_for_readiness(r)) m.production = assess(m.shown, rows);
    m.advice = advice(m.shown, rows);
    m.scenarios = scenarios_of(m.shown, std::move(rows));
    return m;
}

bool asks_for_readiness(const session_result& r) {
    const auto troubled = [](const run_result& run) { return run.scenario != clean_scenario; };
    return !r.chaos.empty() || r.target_time_s > 0 || r.memory_budget_bytes > 0 ||
           std::any_of(r.runs.begin(), r.runs.end(), troubled);
}

}  // namespace pipebench

#include "report/session_tables.hpp"

#include "contracts/error.hpp"
#include "contracts/scenario.hpp"
#include "report/trouble_tables.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pipebench::reporting {
namespace {

void make_printable(std::vector<std::string>& texts) {
    for (auto& t : texts) t = printable(t);
}

template <class... Text>
void make_printable(Text&... texts) {
    ((texts = printable(texts)), ...);
}

void make_printable(run_result& run) {
    make_printable(run.pattern, run.title, run.scenario, run.recovery.killed, run.verdict.text);
    for (auto& f : run.failures) make_printable(f.stage, f.kind);
    for (auto& s : run.services) make_printable(s.name);
    make_printable(run.notes);
}

/// A latency, or "-" where no order ended.
std::string latency_cell(const run_result& r, double ms) { return r.ended() == 0 ? "-" : fixed(ms, 1); }

bool stands_out(const run_result& r) { return !r.verdict.trusted || r.interrupted; }

bool says(const std::string& text, std::string_view lower_case_word) {
    const auto alike = [](char a, char b) { return (static_cast<unsigned char>(a) | 0x20) == b; };
    return std::search(text.begin(), text.end(), lower_case_word.begin(), lower_case_word.end(), alike) != text.end();
}

std::string verdict_cell(const run_result& r) {
    std::string text = r.verdict.text;
    if (!r.verdict.trusted && !text.starts_with("INVALID") && !text.starts_with("NOT TRUSTED"))
        text = text.empty() ? "NOT TRUSTED" : "NOT TRUSTED: " + text;
    if (!r.interrupted || says(text, "interrupted")) return text;
    return fmt::format("INTERRUPTED after {} of {} orders; {}", grouped(r.ended()), grouped(r.orders), text);
}

std::vector<std::string> service_names(const std::vector<pattern_summary>& patterns) {
    std::vector<std::string> names;
    for (const auto& p : patterns)
        for (const auto& s : p.typical.services)
            if (std::find(names.begin(), names.end(), s.name) == names.end()) names.push_back(s.name);
    return names;
}

void add_service(row& out, const run_result& r, std::string_view name) {
    const auto named = [&](const service_usage& s) { return s.name == name; };
    const auto s = std::find_if(r.services.begin(), r.services.end(), named);
    out.cells.push_back(s == r.services.end() ? "-" : fixed(s->cpu_s, 2));
    out.cells.push_back(s == r.services.end() ? "-" : megabytes(s->peak_pss_bytes));
}

/// "1.2" of 0.012; with a mark where it is noisy.
std::string spread_cell(double share) {
    return fmt::format("{}{}", share > noisy_spread ? "~" : "", fixed(100 * share, 1));
}

bool several_rounds(const std::vector<pattern_summary>& patterns) {
    return std::any_of(patterns.begin(), patterns.end(), [](const auto& p) { return p.rounds > 1; });
}

row main_row(const pattern_summary& p, bool spread) {
    const auto& run = p.typical;
    row line = begin_row(run);
    const auto add = [&](std::string cell) { line.cells.push_back(std::move(cell)); };
    add(run.in_flight_limit == 0 ? "unbounded" : grouped(run.in_flight_limit));
    add(seconds(run.time_s));
    if (spread) add(spread_cell(p.time_spread));
    add(seconds(run.floor_s));
    add(fixed(100 * run.efficiency, 1));
    add(megabytes(run.memory.peak_rss_bytes));
    add(megabytes(run.memory.peak_pss_bytes));
    add(fixed(100 * run.cpu.box_share, 1));
    add(fixed(run.cpu_per_order_us, 0));
    if (spread) add(spread_cell(p.cpu_spread));
    add(latency_cell(run, run.latency.p50_ms));
    add(latency_cell(run, run.latency.p99_ms));
    add(error_percent(run.not_stored(), run.orders));
    add(grouped(run.ledger.lost));
    add(verdict_cell(run));
    return line;
}

}  // namespace

std::string api_cell(const run_result& r, std::uint64_t count) { return r.api.known ? grouped(count) : "-"; }

row begin_row(const run_result& r) {
    return stands_out(r) ? row{{"! " + r.pattern}, tone::alarm} : row{{r.pattern}, tone::plain};
}

session_result printable_copy(session_result r) {
    make_printable(r.started_at, r.command, r.profile, r.chaos);
    make_printable(r.build.version, r.build.type, r.build.compiler, r.build.sanitizers);
    make_printable(r.box.host_os, r.box.kernel, r.box.cpu_model, r.box.governor, r.box.virtualization);
    for (auto& s : r.servers) make_printable(s.name, s.version, s.origin, s.settings);
    for (auto& run : r.warmup_runs) make_printable(run);
    for (auto& run : r.runs) make_printable(run);
    for (auto& a : r.assertions) make_printable(a.text, a.detail);
    make_printable(r.warnings);
    return r;
}

table main_table(const std::vector<pattern_summary>& patterns) {
    const bool spread = several_rounds(patterns);
    table t{{{"Pattern", "", align::left}, {"In flight", ""}, {"Time", "s"}}, {}};
    if (spread) t.columns.push_back({"±", "%"});
    for (const auto& c : {column{"Floor", "s"}, column{"Eff.", "%"}, column{"Peak RSS", "MB"}, column{"PSS", "MB"},
                          column{"CPU", "%"}, column{"CPU/order", "us"}})
        t.columns.push_back(c);
    if (spread) t.columns.push_back({"±", "%"});
    for (const auto& c : {column{"p50", "ms"}, column{"p99", "ms"}, column{"Errors", "%"}, column{"Lost", ""},
                          column{"Verdict", "", align::left}})
        t.columns.push_back(c);
    for (const auto& p : patterns) t.rows.push_back(main_row(p, spread));
    return t;
}

namespace {

table around_table(const std::vector<pattern_summary>& patterns) {
    table t{{{"Pattern", "", align::left},
             {"Orders", "/s"},
             {"p99.9", "ms"},
             {"Max", "ms"},
             {"Rows", ""},
             {"Redelivered", ""},
             {"Requests", "API"},
             {"Refused", "API"},
             {"Connections", "API"},
             {"Peak conns", "API"},
             {"Peak requests", "API"}},
            {}};
    for (const auto& p : patterns) {
        const auto& run = p.typical;
        row line = begin_row(run);
        for (std::string cell :
             {fixed(run.orders_per_s, 0), latency_cell(run, run.latency.p999_ms),
              latency_cell(run, run.latency.max_ms), grouped(run.ledger.rows), grouped(run.ledger.redelivered),
              api_cell(run, run.api.requests), api_cell(run, run.api.refusals), api_cell(run, run.api.connections),
              api_cell(run, run.api.peak_connections), api_cell(run, run.api.peak_concurrent)})
            line.cells.push_back(std::move(cell));
        t.rows.push_back(std::move(line));
    }
    return t;
}

table beside_table(const std::vector<pattern_summary>& patterns) {
    table t{{{"Pattern", "", align::left}, {"Processes", ""}, {"HWM sum", "MB"}}, {}};
    const auto names = service_names(patterns);
    for (const auto& name : names) {
        t.columns.push_back({name, "CPU s"});
        t.columns.push_back({name, "PSS MB"});
    }
    t.columns.push_back({"Harness", "CPU s"});
    t.columns.push_back({"Steal", "%"});
    t.columns.push_back({"Others", "%"});
    for (const auto& p : patterns) {
        const auto& run = p.typical;
        row line = begin_row(run);
        line.cells.push_back(grouped(run.memory.processes));
        line.cells.push_back(megabytes(run.memory.hwm_sum_bytes));
        for (const auto& name : names) add_service(line, run, name);
        line.cells.push_back(fixed(run.harness_cpu_s, 2));
        line.cells.push_back(fixed(100 * run.steal_share, 2));
        line.cells.push_back(fixed(100 * run.foreign_share, 1));
        t.rows.push_back(std::move(line));
    }
    return t;
}

/// Without rows where nothing was sampled.
table sections_table(const std::vector<pattern_summary>& patterns) {
    table t{{{"Pattern", "", align::left},
             {"Fetch", "us"},
             {"Transform", "us"},
             {"Store", "us"},
             {"Scheduling", "us"},
             {"CPU/order", "us"},
             {"Samples", ""}},
            {}};
    for (const auto& p : patterns) {
        const auto& s = p.typical.cpu_sections;
        if (s.samples == 0) continue;
        row line = begin_row(p.typical);
        for (const double us : {s.fetch_us, s.transform_us, s.store_us, s.scheduling_us, p.typical.cpu_per_order_us})
            line.cells.push_back(fixed(us, 1));
        line.cells.push_back(grouped(s.samples));
        t.rows.push_back(std::move(line));
    }
    return t;
}

}  // namespace

std::vector<titled_table> further_tables(const std::vector<pattern_summary>& patterns) {
    std::vector<titled_table> out{
        {"Around it: orders, ledger, and what the API counted for itself", around_table(patterns)},
        {"Where the CPU time of an order goes, by samples of what each thread was at work for",
         sections_table(patterns)},
        {"Under way: ten samples a second, and what was tried again", pressure_table(patterns)},
        {"After the kill: what was done again, and how long it took", recovery_table(patterns)},
        {"Beside it: processes, services and harness during the run", beside_table(patterns)}};
    std::erase_if(out, [](const titled_table& t) { return t.content.rows.empty(); });
    return out;
}

std::string scenario_heading(const std::string& scenario, std::size_t parts) {
    if (parts == 1 && scenario == calm) return {};
    const auto known = scenarios();
    const auto at = std::find_if(known.begin(), known.end(), [&](const auto& s) { return s.name == scenario; });
    const std::string name = "Scenario " + printable(scenario, 60);
    return at == known.end() ? name : fmt::format("{}: {}", name, at->summary);
}

}  // namespace pipebench::reporting

#include "report/pattern_tables.hpp"

#include "analysis/contender.hpp"
#include "contracts/error.hpp"
#include "contracts/scenario.hpp"
#include "report/numbers.hpp"
#include "report/trouble_tables.hpp"
#include "report/worker_tables.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pipebench::reporting {
namespace {

using summary = const pattern_summary&;

constexpr const char* spread = "±";

column giving_way(column c, unsigned rank) {
    c.gives_way = rank;
    return c;
}

column marked(column c) {
    c.mark = best::lowest;
    return c;
}

column with_bars(column c) {
    c.with_bars = true;
    return c;
}

/// NaN: not known.
double known(const known_bytes& bytes) {
    return bytes ? static_cast<double>(*bytes) : std::numeric_limits<double>::quiet_NaN();
}

/// A latency, or "-" if no order ended.
std::string latency_cell(const run_result& r, double ms) { return r.ended() == 0 ? "-" : fixed(ms, 1); }

std::string processes_cell(summary p) {
    const auto processes = p.typical.memory.processes;
    return processes > 0 ? grouped(processes) : "-";
}

bool stands_out(const run_result& r) { return !r.verdict.trusted() || r.interrupted; }

std::string name_cell(summary p) { return (stands_out(p.typical) ? "! " : "") + p.typical.pattern; }

/// Behind the time, and behind its spread if that is shown.
void put_bars_of_time(pattern_columns& columns) {
    for (std::size_t i = 0; i + 1 < columns.size(); ++i)
        if (columns[i].head.name == "Time") {
            auto& last = columns[i + 1].head.name == spread ? columns[i + 1] : columns[i];
            last.head.with_bars = true;
        }
}

std::string limit_cell(summary p) {
    return p.typical.in_flight_limit == 0 ? "unbounded" : grouped(p.typical.in_flight_limit);
}

std::string verdict_cell(const run_result& r) {
    const auto& v = r.verdict;
    std::string text = v.text;
    if (!v.trusted() && !v.is_invalid()) text = text.empty() ? "NOT TRUSTED" : "NOT TRUSTED: " + text;
    if (!r.interrupted || v.kind == verdict_kind::interrupted) return text;
    return fmt::format("INTERRUPTED after {} of {} orders; {}", grouped(r.ended()), grouped(r.orders), text);
}

/// 0.012 becomes "1.2", with a mark if noisy.
std::string spread_cell(double share) {
    return fmt::format("{}{}", share > noisy_spread ? "~" : "", fixed(100 * share, 1));
}

bool several_rounds(const std::vector<pattern_summary>& patterns) {
    return std::any_of(patterns.begin(), patterns.end(), [](summary p) { return p.rounds > 1; });
}

std::vector<service> services_of(const std::vector<pattern_summary>& patterns) {
    std::vector<service> out;
    for (const auto& p : patterns)
        for (const auto& s : p.typical.services)
            if (std::find(out.begin(), out.end(), s.name) == out.end()) out.push_back(s.name);
    return out;
}

/// A resource used by a service; "-" if the run had no such service.
template <class Show>
auto of_service(service name, Show show) {
    return [=](summary p) -> std::string {
        for (const auto& s : p.typical.services)
            if (s.name == name) return show(s);
        return "-";
    };
}

table around_table(const std::vector<pattern_summary>& patterns) {
    return pattern_table(
        patterns,
        {{{"Orders", "/s"}, [](summary p) { return fixed(p.typical.orders_per_s, 0); }},
         {{"p99.9", "ms"}, [](summary p) { return latency_cell(p.typical, p.typical.latency.p999_ms); }},
         {{"Max", "ms"}, [](summary p) { return latency_cell(p.typical, p.typical.latency.max_ms); }},
         {{"Rows", ""}, [](summary p) { return ledger_cell(p.typical, p.typical.ledger.rows); }},
         {{"Redelivered", ""}, [](summary p) { return ledger_cell(p.typical, p.typical.ledger.redelivered); }},
         {{"Requests", "API"}, [](summary p) { return api_cell(p.typical, p.typical.api.requests); }},
         {{"Refused", "API"}, [](summary p) { return api_cell(p.typical, p.typical.api.refusals); }},
         {{"Connections", "API"}, [](summary p) { return api_cell(p.typical, p.typical.api.connections); }},
         {{"Peak conns", "API"}, [](summary p) { return api_cell(p.typical, p.typical.api.peak_connections); }},
         {{"Peak requests", "API"}, [](summary p) { return api_cell(p.typical, p.typical.api.peak_concurrent); }}});
}

table beside_table(const std::vector<pattern_summary>& patterns) {
    pattern_columns columns{{{"Processes", ""}, processes_cell},
                            {{"HWM sum", "MB"}, [](summary p) { return megabytes(p.typical.memory.hwm_sum_bytes); }}};
    for (const auto name : services_of(patterns)) {
        const std::string title(name_of(name));
        columns.push_back({{title, "CPU s"}, of_service(name, [](auto& s) { return fixed(s.cpu_s, 2); })});
        columns.push_back({{title, "PSS MB"}, of_service(name, [](auto& s) { return megabytes(s.peak_pss_bytes); })});
    }
    columns.push_back({{"Harness", "CPU s"}, [](summary p) { return fixed(p.typical.harness_cpu_s, 2); }});
    columns.push_back({{"Steal", "%"}, [](summary p) { return fixed(100 * p.typical.steal_share, 2); }});
    const auto is_throttled = [](const auto& p) { return p.typical.throttled_share > 0; };
    if (std::any_of(patterns.begin(), patterns.end(), is_throttled))
        columns.push_back({{"Throttled", "%"}, [](summary p) { return fixed(100 * p.typical.throttled_share, 2); }});
    columns.push_back({{"Others", "%"}, [](summary p) { return fixed(100 * p.typical.foreign_share, 1); }});
    return pattern_table(patterns, std::move(columns));
}

/// A cell of a run whose event loops were measured.
template <class Show>
auto of_lag(Show show) {
    return [=](summary p) -> std::string { return p.typical.loop_lag ? fixed(show(*p.typical.loop_lag), 1) : "-"; };
}

/// A cell of a run whose orders were transformed by threads beside the loops.
template <class Show>
auto of_pool(Show show) {
    return [=](summary p) -> std::string { return p.typical.transform_pool ? show(*p.typical.transform_pool) : "-"; };
}

void add_lag_column(const std::vector<pattern_summary>& patterns, pattern_columns& columns) {
    const bool measured =
        std::any_of(patterns.begin(), patterns.end(), [](summary p) { return p.typical.loop_lag.has_value(); });
    const auto at =
        std::find_if(columns.begin(), columns.end(), [](const auto& c) { return c.head.name == "Errors"; });
    if (measured)
        columns.insert(at, {giving_way({"Loop lag", "p99 ms"}, 5), of_lag([](auto& lag) { return lag.p99_ms; })});
}

/// Without rows if nothing of event loops was measured.
table loops_table(std::vector<pattern_summary> patterns) {
    std::erase_if(patterns, [](summary p) { return !p.typical.loop_lag && !p.typical.transform_pool; });
    return pattern_table(
        patterns, {{{"Loop lag", "p50 ms"}, of_lag([](auto& lag) { return lag.p50_ms; })},
                   {{"Loop lag", "p99 ms"}, of_lag([](auto& lag) { return lag.p99_ms; })},
                   {{"Loop lag", "max ms"}, of_lag([](auto& lag) { return lag.max_ms; })},
                   {{"Beside it", ""}, of_pool([](auto& pool) { return grouped(pool.transforms); })},
                   {{"Held back", ""}, of_pool([](auto& pool) { return grouped(pool.held_back); })},
                   {{"Died", ""}, of_pool([](auto& pool) { return grouped(pool.deaths); })},
                   {{"Thread wait", "p50 ms"}, of_pool([](auto& pool) { return fixed(pool.wait.p50_ms, 1); })},
                   {{"Thread wait", "p99 ms"}, of_pool([](auto& pool) { return fixed(pool.wait.p99_ms, 1); })}});
}

/// Without rows if no run was sampled.
table sections_table(std::vector<pattern_summary> patterns) {
    std::erase_if(patterns, [](summary p) { return p.typical.cpu_sections.samples == 0; });
    return pattern_table(
        patterns, {{{"Fetch", "us"}, [](summary p) { return fixed(p.typical.cpu_sections.fetch_us, 1); }},
                   {{"Transform", "us"}, [](summary p) { return fixed(p.typical.cpu_sections.transform_us, 1); }},
                   {{"Store", "us"}, [](summary p) { return fixed(p.typical.cpu_sections.store_us, 1); }},
                   {{"Scheduling", "us"}, [](summary p) { return fixed(p.typical.cpu_sections.scheduling_us, 1); }},
                   {{"CPU/order", "us"}, [](summary p) { return fixed(p.typical.cpu_per_order_us, 1); }},
                   {{"Samples", ""}, [](summary p) { return grouped(p.typical.cpu_sections.samples); }}});
}

struct stage_row {
    const pattern_summary* of;
    std::string_view name;
    const stage_time* time;
};

std::vector<stage_row> stage_rows(const std::vector<pattern_summary>& patterns) {
    std::vector<stage_row> out;
    for (const auto& [name, time] :
         {std::pair(stage::fetch, &stage_times::fetch), std::pair(stage::transform, &stage_times::transform),
          std::pair(stage::store, &stage_times::store)})
        for (const auto& p : patterns)
            if (p.typical.stages) out.push_back({&p, name_of(name), &((*p.typical.stages).*time)});
    return out;
}

/// Without rows if no run tells of its stages.
table stages_table(const std::vector<pattern_summary>& patterns) {
    using line = const stage_row&;
    return table_of(
        stage_rows(patterns),
        std::vector<column_of<stage_row>>{{{"Stage", "", align::left}, [](line l) { return std::string(l.name); }},
                                          {{"Pattern", "", align::left}, [](line l) { return name_cell(*l.of); }},
                                          {{"Attempts", ""}, [](line l) { return grouped(l.time->attempts); }},
                                          {{"p50", "ms"}, [](line l) { return fixed(l.time->duration.p50_ms, 3); }},
                                          {{"p99", "ms"}, [](line l) { return fixed(l.time->duration.p99_ms, 3); }},
                                          {{"Max", "ms"}, [](line l) { return fixed(l.time->duration.max_ms, 3); }}},
        [](line l) { return stands_out(l.of->typical) ? tone::alarm : tone::plain; });
}

/// A cell of an open run.
template <class Show>
auto of_load(Show show) {
    return [=](summary p) -> std::string { return p.typical.load ? show(*p.typical.load) : "-"; };
}

std::string rate_cell(double per_s) { return fixed(per_s, per_s < 100 ? 2 : 0); }

std::string objective_cell(const load_view& load) {
    std::string out;
    for (const auto& o : load.objectives)
        out += fmt::format("{}{} {}", out.empty() ? "" : "; ", o.text, name_of(o.verdict));
    return out.empty() ? "-" : out;
}

bool is_open(const std::vector<pattern_summary>& patterns) {
    return std::any_of(patterns.begin(), patterns.end(), [](summary p) { return p.typical.load.has_value(); });
}

/// Of an open run: its time is that of its arrivals, and says nothing.
pattern_columns open_columns(const std::vector<pattern_summary>& patterns) {
    pattern_columns columns{
        {giving_way({"In flight", ""}, 9), limit_cell},
        {giving_way({"Offered", "/s"}, 8), of_load([](auto& l) { return rate_cell(l.offered_per_s); })},
        {{"Achieved", "/s"}, of_load([](auto& l) { return rate_cell(l.achieved_per_s); })},
        {giving_way({"Util.", "%"}, 7), of_load([](auto& l) { return fixed(100 * l.forecast.utilisation, 1); })},
        {giving_way(marked({"p50", "ms"}), 6),
         [](summary p) { return latency_cell(p.typical, p.typical.latency.p50_ms); },
         [](summary p) { return p.typical.latency.p50_ms; }},
        {with_bars(marked({"p99", "ms"})),
         [](summary p) { return latency_cell(p.typical, p.typical.latency.p99_ms); },
         [](summary p) { return p.typical.latency.p99_ms; }},
        {giving_way({"Max", "ms"}, 10), [](summary p) { return latency_cell(p.typical, p.typical.latency.max_ms); }},
        {giving_way({"Wait p99", "ms"}, 4), of_load([](auto& l) { return fixed(l.wait.p99_ms, 1); })},
        {giving_way({"Service p99", "ms"}, 5), of_load([](auto& l) { return fixed(l.service.p99_ms, 1); })},
        {giving_way({"Queue", "peak"}, 11), of_load([](auto& l) { return fixed(l.queue_peak, 0); })},
        {giving_way(with_bars(marked({"PSS", "MB"})), 3),
         [](summary p) { return megabytes(p.typical.memory.peak_pss_bytes); },
         [](summary p) { return known(p.typical.memory.peak_pss_bytes); }},
        {giving_way(marked({"CPU/order", "us"}), 2), [](summary p) { return fixed(p.typical.cpu_per_order_us, 0); },
         [](summary p) { return p.typical.cpu_per_order_us; }},
        {{"Errors", "%"}, [](summary p) { return error_percent(p.typical.not_stored(), p.typical.orders); }},
        {{"Lost", ""}, [](summary p) { return ledger_cell(p.typical, p.typical.ledger.lost); }},
        {giving_way({"Objective", "", align::left}, 1), of_load(objective_cell)},
        {{"Verdict", "", align::left}, [](summary p) { return verdict_cell(p.typical); }}};
    const bool judged = std::any_of(patterns.begin(), patterns.end(),
                                    [](summary p) { return p.typical.load && !p.typical.load->objectives.empty(); });
    if (!judged) std::erase_if(columns, [](const auto& c) { return c.head.name == "Objective"; });
    add_lag_column(patterns, columns);
    return columns;
}

/// What was expected of open runs, and what their arrivals were like.
table arrivals_table(std::vector<pattern_summary> patterns) {
    std::erase_if(patterns, [](summary p) { return !p.typical.load; });
    return pattern_table(
        patterns,
        {{{"Load", "erlang"}, of_load([](auto& l) { return fixed(l.forecast.erlang, 2); })},
         {{"Expected wait", "p99 ms <="}, of_load([](auto& l) { return fixed(l.forecast.wait_p99_ms, 1); })},
         {{"Wait", "p50 ms"}, of_load([](auto& l) { return fixed(l.wait.p50_ms, 1); })},
         {{"Wait", "max ms"}, of_load([](auto& l) { return fixed(l.wait.max_ms, 1); })},
         {{"Queue", "mean"}, of_load([](auto& l) { return fixed(l.queue_mean, 1); })},
         {{"Grew", "/s"}, of_load([](auto& l) { return fixed(l.queue_growth_per_s, 1); })},
         {{"Shed", ""}, of_load([](auto& l) { return grouped(l.shed); })},
         {{"Unfinished", ""}, of_load([](auto& l) { return grouped(l.unfinished); })},
         {{"Drain", "s"}, of_load([](auto& l) { return fixed(l.drain_s, 2); })},
         {{"Arrived late", "p99 ms"}, of_load([](auto& l) { return fixed(l.lateness_p99_ms, 2); })},
         {{"Arrived late", "max ms"}, of_load([](auto& l) { return fixed(l.lateness_max_ms, 2); })}});
}

/// It has no rows, or nothing but dashes beside the names.
bool says_nothing(const table& t) {
    return std::all_of(t.rows.begin(), t.rows.end(), [](const row& r) {
        return std::all_of(r.cells.begin() + 1, r.cells.end(), [](const auto& cell) { return cell == "-"; });
    });
}

}  // namespace

std::string api_cell(const run_result& r, std::uint64_t count) { return r.api.known ? grouped(count) : "-"; }

std::string ledger_cell(const run_result& r, std::uint64_t count) { return r.ledger.checked ? grouped(count) : "-"; }

table pattern_table(const std::vector<pattern_summary>& patterns, pattern_columns columns) {
    columns.insert(columns.begin(), column_of<pattern_summary>{{"Pattern", "", align::left}, name_cell});
    auto out =
        table_of(patterns, columns, [](summary p) { return stands_out(p.typical) ? tone::alarm : tone::plain; });
    for (std::size_t i = 0; i < patterns.size(); ++i) out.rows[i].competes = can_be_best(patterns[i].typical);
    return out;
}

table main_table(const std::vector<pattern_summary>& patterns) {
    if (is_open(patterns)) return pattern_table(patterns, open_columns(patterns));
    pattern_columns columns{
        {giving_way({"In flight", ""}, 7), limit_cell},
        {marked({"Time", "s"}), [](summary p) { return seconds(p.typical.time_s); },
         [](summary p) { return p.typical.time_s; }},
        {giving_way({spread, "%"}, 2), [](summary p) { return spread_cell(p.time_spread); },
         [](summary p) { return p.typical.time_s; }},
        {giving_way({"Floor", "s"}, 8), [](summary p) { return seconds(p.typical.floor_s); }},
        {giving_way({"Eff.", "%"}, 4), [](summary p) { return fixed(100 * p.typical.efficiency, 1); }},
        {giving_way(marked({"Peak RSS", "MB"}), 6),
         [](summary p) { return megabytes(p.typical.memory.peak_rss_bytes); },
         [](summary p) { return known(p.typical.memory.peak_rss_bytes); }},
        {with_bars(marked({"PSS", "MB"})), [](summary p) { return megabytes(p.typical.memory.peak_pss_bytes); },
         [](summary p) { return known(p.typical.memory.peak_pss_bytes); }},
        {giving_way({"CPU", "%"}, 10), [](summary p) { return fixed(100 * p.typical.cpu.box_share, 1); }},
        {marked({"CPU/order", "us"}), [](summary p) { return fixed(p.typical.cpu_per_order_us, 0); },
         [](summary p) { return p.typical.cpu_per_order_us; }},
        {giving_way({spread, "%"}, 3), [](summary p) { return spread_cell(p.cpu_spread); }},
        {giving_way(marked({"p50", "ms"}), 9),
         [](summary p) { return latency_cell(p.typical, p.typical.latency.p50_ms); },
         [](summary p) { return p.typical.latency.p50_ms; }},
        {giving_way(marked({"p99", "ms"}), 1),
         [](summary p) { return latency_cell(p.typical, p.typical.latency.p99_ms); },
         [](summary p) { return p.typical.latency.p99_ms; }},
        {{"Errors", "%"}, [](summary p) { return error_percent(p.typical.not_stored(), p.typical.orders); }},
        {{"Lost", ""}, [](summary p) { return ledger_cell(p.typical, p.typical.ledger.lost); }},
        {{"Verdict", "", align::left}, [](summary p) { return verdict_cell(p.typical); }}};
    if (!several_rounds(patterns)) std::erase_if(columns, [&](const auto& c) { return c.head.name == spread; });
    put_bars_of_time(columns);
    add_lag_column(patterns, columns);
    return pattern_table(patterns, std::move(columns));
}

std::vector<titled_table> further_tables(const std::vector<pattern_summary>& patterns) {
    std::vector<titled_table> out{
        {"Arrivals: what was expected, the queue, and how late the orders came", arrivals_table(patterns), true},
        {"Event loops: how late their timers were, and what transformed orders beside them", loops_table(patterns)},
        {"Around it: orders, ledger, and what the API counted for itself", around_table(patterns), true},
        {"Stages: how long an attempt took, without pauses and simulated database latency", stages_table(patterns),
         true},
        {"Where the CPU time of an order goes, by samples of what each thread was at work for",
         sections_table(patterns)},
        {"Under way: ten samples a second, and what was tried again", pressure_table(patterns), true},
        {"Other machines: what their workers were and used together", hosts_table(patterns)},
        {"Workers on other machines: who was there, and what they used", workers_table(patterns)},
        {"After the kill: what was done again, and how long it took", recovery_table(patterns)},
        {"Beside it: processes, services and harness during the run", beside_table(patterns), true}};
    std::erase_if(out, [](const titled_table& t) { return says_nothing(t.content); });
    return out;
}

std::string scenario_heading(const std::string& scenario, std::size_t parts) {
    if (parts == 1 && scenario == clean_scenario) return {};
    const auto known = scenarios();
    const auto at = std::find_if(known.begin(), known.end(), [&](const auto& s) { return s.name == scenario; });
    const std::string name = "Scenario " + printable(scenario, 60);
    return at == known.end() ? name : fmt::format("{}: {}", name, at->summary);
}

}  // namespace pipebench::reporting

#include "analysis/metrics.hpp"

#include "analysis/statistics.hpp"
#include "contracts/scenario.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace pipebench {
namespace {

constexpr double mb = 1e6;

/// The scenario in a row's name, after '@'; empty for `clean`.
std::string_view scenario_behind(const run_result& run) {
    return run.scenario == clean_scenario ? std::string_view{} : std::string_view(run.scenario);
}

/// The same as row_name(run) == name, without building a string for each of many runs.
bool is_called(const run_result& run, std::string_view name) {
    const auto behind = scenario_behind(run);
    if (behind.empty()) return name == run.pattern;
    return name.size() == run.pattern.size() + 1 + behind.size() && name.starts_with(run.pattern) &&
           name[run.pattern.size()] == '@' && name.ends_with(behind);
}

constexpr double not_known = std::numeric_limits<double>::quiet_NaN();

double number(std::uint64_t n) { return static_cast<double>(n); }

double megabytes(const known_bytes& bytes) { return bytes ? number(*bytes) / mb : not_known; }

/// A latency; NaN if no order ended.
template <double latency_summary::*field>
double latency(const run_result& r) {
    return r.ended() > 0 ? r.latency.*field : not_known;
}

/// A count of the ledger; NaN if it was not checked.
template <std::uint64_t ledger_view::*field>
double ledger(const run_result& r) {
    return r.ledger.checked ? number(r.ledger.*field) : not_known;
}

/// A measure of the recovery; NaN without a kill.
template <double recovery_view::*field>
double recovered(const run_result& r) {
    return r.recovery.killed == kill_target::none ? not_known : r.recovery.*field;
}

/// A measure of an open run; NaN for a closed one.
template <double load_view::*field>
double of_load(const run_result& r) {
    return r.load ? *r.load.*field : not_known;
}
template <latency_summary load_view::*part>
double p99_of(const run_result& r) {
    return r.load ? (*r.load.*part).p99_ms : not_known;
}
double utilisation(const run_result& r) { return r.load ? r.load->forecast.utilisation : not_known; }

/// The largest share of late orders, over all objectives.
double late_percent(const run_result& r) {
    double worst = not_known;
    if (r.load)
        for (const auto& o : r.load->objectives)
            if (o.orders > 0) worst = std::fmax(worst, 100 * number(o.late) / number(o.orders));
    return worst;
}

double processes(const run_result& r) { return r.memory.processes > 0 ? number(r.memory.processes) : not_known; }
double throttled(const run_result& r) { return r.api.known ? number(r.api.throttled) : not_known; }

double error_percent(const run_result& r) {
    return r.orders > 0 ? 100 * number(r.not_stored()) / number(r.orders) : 0;
}

using run = const run_result&;
constexpr auto lower = better::lower, higher = better::higher;
constexpr auto still = box_clock::none, cpu = box_clock::cpu, time = box_clock::elapsed;
constexpr auto middle = over_rounds::median, sum = over_rounds::sum;

// The thresholds are above the noise of an idle machine (docs/why.md).
constexpr std::array table{
    metric{"time_s", "Time", "s", lower, time, middle, [](run r) { return r.time_s; }, 0.10, 0.02},
    metric{"throughput", "Orders", "/s", higher, time, middle, [](run r) { return r.orders_per_s; }, 0.10, 10},
    metric{"cpu_per_order_us", "CPU/order", "us", lower, cpu, middle, [](run r) { return r.cpu_per_order_us; }, 0.05,
           1},
    metric{"p50_ms", "p50", "ms", lower, time, middle, latency<&latency_summary::p50_ms>, 0.10, 1},
    metric{"p99_ms", "p99", "ms", lower, time, middle, latency<&latency_summary::p99_ms>, 0.20, 2},
    metric{"rss_mb", "Peak RSS", "MB", lower, still, middle, [](run r) { return megabytes(r.memory.peak_rss_bytes); },
           0.10, 2},
    metric{"pss_mb", "PSS", "MB", lower, still, middle, [](run r) { return megabytes(r.memory.peak_pss_bytes); },
           0.10, 2},
    metric{"error_percent", "Errors", "%", lower, still, middle, error_percent, 0.10, 0.1,
           metric_kind::share_of_orders},
    metric{"floor_s", "Floor", "s", lower, still, middle, [](run r) { return r.floor_s; }},
    metric{"efficiency", "Efficiency", "", higher, time, middle, [](run r) { return r.efficiency; }},
    metric{"cpu_percent", "CPU", "%", lower, still, middle, [](run r) { return 100 * r.cpu.box_share; }},
    metric{"cpu_s", "CPU", "s", lower, cpu, middle, [](run r) { return r.cpu.total_s(); }},
    metric{"mean_ms", "Mean", "ms", lower, time, middle, latency<&latency_summary::mean_ms>},
    metric{"p90_ms", "p90", "ms", lower, time, middle, latency<&latency_summary::p90_ms>},
    metric{"p999_ms", "p99.9", "ms", lower, time, middle, latency<&latency_summary::p999_ms>},
    metric{"max_ms", "Max", "ms", lower, time, middle, latency<&latency_summary::max_ms>},
    metric{"offered", "Offered", "/s", lower, still, middle, of_load<&load_view::offered_per_s>},
    metric{"utilisation", "Utilisation", "", lower, still, middle, utilisation},
    metric{"wait_p99_ms", "Wait p99", "ms", lower, time, middle, p99_of<&load_view::wait>},
    metric{"service_p99_ms", "Service p99", "ms", lower, time, middle, p99_of<&load_view::service>},
    metric{"late_percent", "Late", "%", lower, time, middle, late_percent},
    metric{"queue_peak", "Queue peak", "", lower, still, middle, of_load<&load_view::queue_peak>},
    metric{"lateness_p99_ms", "Lateness p99", "ms", lower, time, middle, of_load<&load_view::lateness_p99_ms>},
    metric{"shed", "Shed", "", lower, still, sum, [](run r) { return r.load ? number(r.load->shed) : not_known; }},
    metric{"processes", "Processes", "", lower, still, middle, processes},
    metric{"orders", "Ordered", "", higher, still, sum, [](run r) { return number(r.orders); }},
    metric{"stored", "Stored", "", higher, still, sum, [](run r) { return number(r.stored); }},
    metric{"failed", "Failed", "", lower, still, sum, [](run r) { return number(r.failed); }},
    metric{"lost", "Lost", "", lower, still, sum, ledger<&ledger_view::lost>, 0, 0, metric_kind::loss},
    metric{"corrupt", "Corrupt", "", lower, still, sum, ledger<&ledger_view::corrupt>, 0, 0, metric_kind::loss},
    metric{"unexpected", "Unexpected", "", lower, still, sum, ledger<&ledger_view::unexpected>, 0, 0,
           metric_kind::loss},
    metric{"redelivered", "Redelivered", "", lower, still, sum, ledger<&ledger_view::redelivered>},
    metric{"dead_lettered", "Dead letters", "", lower, still, sum, [](run r) { return number(r.dead_lettered); }},
    metric{"retries", "Retries", "", lower, still, sum, [](run r) { return number(r.retries); }},
    metric{"refused_retries", "Refused retries", "", lower, still, sum,
           [](run r) { return number(r.refused_retries); }},
    metric{"throttled", "Throttled", "", lower, still, sum, throttled},
    metric{"calls_again", "Calls again", "", lower, still, sum, [](run r) { return r.recovery.api_calls_again; }},
    metric{"resumed_s", "Resumed", "s", lower, time, middle, recovered<&recovery_view::resumed_s>},
    metric{"drained_s", "Drained", "s", lower, time, middle, recovered<&recovery_view::drained_s>},
};

}  // namespace

std::span<const metric> metrics() noexcept { return table; }

const metric* find_metric(std::string_view id) noexcept {
    const auto at = std::find_if(table.begin(), table.end(), [&](const metric& m) { return m.id == id; });
    return at == table.end() ? nullptr : &*at;
}

std::string row_name(const run_result& run) {
    const auto behind = scenario_behind(run);
    return behind.empty() ? run.pattern : fmt::format("{}@{}", run.pattern, behind);
}

std::vector<scenario_part> by_scenario(session_result r) {
    const auto runs = std::exchange(r.runs, {}), warmup_runs = std::exchange(r.warmup_runs, {});
    std::vector<scenario_part> out;
    const auto part_of = [&](const std::string& scenario) -> session_result& {
        const auto named = [&](const scenario_part& p) { return p.scenario == scenario; };
        auto at = std::find_if(out.begin(), out.end(), named);
        if (at == out.end()) at = out.insert(at, {scenario, r});
        return at->session;
    };
    const auto as_calm = [](run_result run) {
        run.scenario = clean_scenario;
        return run;
    };
    for (const auto& run : runs) part_of(run.scenario).runs.push_back(as_calm(run));
    for (const auto& run : warmup_runs) part_of(run.scenario).warmup_runs.push_back(as_calm(run));
    if (out.empty()) out.push_back({std::string(clean_scenario), std::move(r)});
    return out;
}

std::vector<std::string> patterns_in(const session_result& r) {
    std::vector<std::string> names;
    for (const auto& run : r.runs)
        if (std::none_of(names.begin(), names.end(), [&](const auto& name) { return is_called(run, name); }))
            names.push_back(row_name(run));
    return names;
}

std::vector<const run_result*> runs_of(const session_result& r, std::string_view pattern) {
    std::vector<const run_result*> out;
    for (const auto& run : r.runs)
        if (is_called(run, pattern)) out.push_back(&run);
    std::stable_sort(out.begin(), out.end(), [](const auto* a, const auto* b) { return a->round < b->round; });
    return out;
}

std::vector<double> samples_of(const session_result& r, std::string_view pattern, const metric& m) {
    std::vector<double> out;
    for (const auto* run : runs_of(r, pattern))
        if (const double x = m.of(*run); std::isfinite(x) && !run->interrupted) out.push_back(x);
    return out;
}

double value_of(const session_result& r, std::string_view pattern, const metric& m) {
    const auto samples = samples_of(r, pattern, m);
    if (samples.empty()) return not_known;
    return m.rounds == over_rounds::sum ? std::accumulate(samples.begin(), samples.end(), 0.0) : median(samples);
}

}  // namespace pipebench

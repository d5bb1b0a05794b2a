#include "analysis/summary.hpp"

#include "analysis/metrics.hpp"
#include "analysis/objective.hpp"
#include "analysis/ranking.hpp"
#include "analysis/statistics.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

namespace pipebench {
namespace {

constexpr double short_run_s = 1;  ///< in shorter runs, one-time work is a large share of the time
constexpr double steal_that_matters = 0.02;
constexpr double foreign_that_matters = 0.05;

using rounds = std::vector<const run_result*>;

/// The rounds that were not interrupted; all rounds if every one was.
rounds complete(const rounds& all) {
    rounds out;
    for (const auto* run : all)
        if (!run->interrupted) out.push_back(run);
    return out.empty() ? all : out;
}

/// The median of `of(run)` over the runs.
template <class Of>
double middle(const rounds& runs, Of of) {
    std::vector<double> values;
    for (const auto* run : runs)
        if (const double x = of(*run); std::isfinite(x)) values.push_back(x);
    return median(values);
}

/// Rounds to a count, also a number that is out of range.
std::uint64_t nearest_count(double x) {
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    if (!(x > 0)) return 0;
    const double rounded = std::round(x);
    return rounded < static_cast<double>(most) ? static_cast<std::uint64_t>(rounded) : most;
}

template <class Of>
std::uint64_t middle_count(const rounds& runs, Of of) {
    return nearest_count(middle(runs, [&](const run_result& r) { return static_cast<double>(of(r)); }));
}

/// Over the runs where it is known.
template <class Of>
known_bytes middle_bytes(const rounds& runs, Of of) {
    const double bytes = middle(runs, [&](const run_result& r) {
        const known_bytes known = of(r);
        return known ? static_cast<double>(*known) : std::numeric_limits<double>::quiet_NaN();
    });
    return std::isfinite(bytes) ? known_bytes(nearest_count(bytes)) : std::nullopt;
}

template <class Of>
std::uint64_t sum(const rounds& runs, Of of) {
    std::uint64_t out = 0;
    for (const auto* run : runs) out = saturating_sum(out, of(*run));
    return out;
}

double spread(const rounds& runs, double (*of)(const run_result&)) {
    std::vector<double> values;
    for (const auto* run : runs) values.push_back(of(*run));
    if (values.size() < 2) return std::numeric_limits<double>::quiet_NaN();
    const double about = median(values);
    return about == 0 ? 0 : scaled_mad(values) / about;
}

double time_of(const run_result& r) { return r.time_s; }
double cpu_of(const run_result& r) { return r.cpu_per_order_us; }

/// `part`: gives the summary of a run.
template <class Part>
latency_summary typical_latency(const rounds& runs, Part part) {
    const auto of = [&](double latency_summary::*field) {
        return middle(runs, [&](const run_result& r) { return part(r).*field; });
    };
    using l = latency_summary;
    return {of(&l::mean_ms), of(&l::p50_ms), of(&l::p90_ms), of(&l::p99_ms), of(&l::p999_ms), of(&l::max_ms)};
}

/// The distributions of all rounds together.
template <class Part>
latency_distribution merged(const rounds& runs, Part part) {
    std::map<std::uint64_t, std::uint64_t> counts;
    for (const auto* run : runs) {
        const latency_distribution& d = part(*run);
        for (std::size_t i = 0; i < std::min(d.bins.size(), d.counts.size()); ++i)
            counts[d.bins[i]] = saturating_sum(counts[d.bins[i]], d.counts[i]);
    }
    latency_distribution out;
    for (const auto& [bin, count] : counts) {
        out.bins.push_back(bin);
        out.counts.push_back(count);
    }
    return out;
}

/// An objective is judged on the orders of all rounds.
std::vector<objective_outcome> pooled_objectives(const rounds& runs) {
    auto out = runs.front()->load->objectives;
    for (std::size_t i = 0; i < out.size(); ++i) {
        auto& o = out[i];
        o.orders = sum(runs, [&](const run_result& r) { return r.load->objectives.at(i).orders; });
        o.late = sum(runs, [&](const run_result& r) { return r.load->objectives.at(i).late; });
        o.verdict = judge_objective(o.quantile, {o.orders, std::min(o.late, o.orders)});
    }
    return out;
}

bool are_alike(const rounds& runs) {
    return std::all_of(runs.begin(), runs.end(), [&](const run_result* r) {
        return r->load && r->load->objectives.size() == runs.front()->load->objectives.size();
    });
}

std::optional<load_view> typical_load(const rounds& runs) {
    if (!runs.front()->load || !are_alike(runs)) return runs.front()->load;
    load_view out = *runs.front()->load;
    using l = load_view;
    for (auto field : {&l::window_s, &l::drain_s, &l::offered_per_s, &l::achieved_per_s, &l::lateness_p99_ms,
                       &l::queue_mean, &l::queue_growth_per_s})
        out.*field = middle(runs, [&](const run_result& r) { return *r.load.*field; });
    for (auto field : {&l::orders, &l::shed, &l::unfinished})
        out.*field = sum(runs, [&](const run_result& r) { return *r.load.*field; });
    for (const auto* run : runs) {
        out.queue_peak = std::fmax(out.queue_peak, run->load->queue_peak);
        out.lateness_max_ms = std::fmax(out.lateness_max_ms, run->load->lateness_max_ms);
        out.saturated = out.saturated || run->load->saturated;
    }
    out.wait = typical_latency(
        runs, [](const run_result& r) -> auto& { return r.load->wait; });
    out.service = typical_latency(
        runs, [](const run_result& r) -> auto& { return r.load->service; });
    out.waits = merged(
        runs, [](const run_result& r) -> auto& { return r.load->waits; });
    out.responses = merged(
        runs, [](const run_result& r) -> auto& { return r.load->responses; });
    out.objectives = pooled_objectives(runs);
    return out;
}

memory_usage typical_memory(const rounds& runs) {
    memory_usage out = runs.front()->memory;
    for (auto field : {&memory_usage::peak_rss_bytes, &memory_usage::peak_pss_bytes, &memory_usage::hwm_sum_bytes})
        out.*field = middle_bytes(runs, [&](const run_result& r) { return r.memory.*field; });
    for (auto field : {&memory_usage::processes, &memory_usage::rss_samples, &memory_usage::pss_samples})
        out.*field = middle_count(runs, [&](const run_result& r) { return r.memory.*field; });
    for (const auto* run : runs) out.largest_gap_ms = std::max(out.largest_gap_ms, run->memory.largest_gap_ms);
    return out;
}

cpu_split typical_split(const rounds& runs) {
    cpu_split out;
    using c = cpu_split;
    for (auto field : {&c::fetch_us, &c::transform_us, &c::store_us, &c::scheduling_us})
        out.*field = middle(runs, [&](const run_result& r) { return r.cpu_sections.*field; });
    out.samples = sum(runs, [](const run_result& r) { return r.cpu_sections.samples; });
    return out;
}

std::vector<service_usage> typical_services(const rounds& runs) {
    std::vector<service_usage> out = runs.front()->services;
    for (auto& service : out) {
        const auto in = [&](const run_result& r) {
            const auto named = [&](const service_usage& s) { return s.name == service.name; };
            const auto at = std::find_if(r.services.begin(), r.services.end(), named);
            return at == r.services.end() ? service_usage{} : *at;
        };
        service.cpu_s = middle(runs, [&](const run_result& r) { return in(r).cpu_s; });
        service.peak_pss_bytes = middle_bytes(runs, [&](const run_result& r) { return in(r).peak_pss_bytes; });
    }
    return out;
}

api_view typical_api(const rounds& runs) {
    api_view out = runs.front()->api;
    for (auto field : {&api_view::requests, &api_view::responses, &api_view::refusals, &api_view::throttled,
                       &api_view::faults, &api_view::early, &api_view::connections})
        out.*field = sum(runs, [&](const run_result& r) { return r.api.*field; });
    for (auto field : {&api_view::peak_connections, &api_view::peak_concurrent})
        for (const auto* run : runs) out.*field = std::max(out.*field, run->api.*field);
    return out;
}

ledger_view all_ledgers(const rounds& runs) {
    ledger_view out = runs.front()->ledger;
    using l = ledger_view;
    for (auto field : {&l::rows, &l::lost, &l::corrupt, &l::unexpected, &l::recovered, &l::redelivered})
        out.*field = sum(runs, [&](const run_result& r) { return r.ledger.*field; });
    for (const auto* run : runs) {
        out.checked = out.checked && run->ledger.checked;
        out.content_checked = out.content_checked && run->ledger.content_checked;
    }
    return out;
}

std::vector<failure_count> all_failures(const rounds& runs) {
    std::vector<failure_count> out;
    std::map<std::pair<stage, error_kind>, std::size_t> places;
    for (const auto* run : runs)
        for (const auto& f : run->failures) {
            const auto [at, is_new] = places.try_emplace({f.stage, f.kind}, out.size());
            if (is_new) {
                out.push_back(f);
                continue;
            }
            auto& same = out[at->second];
            same.orders = saturating_sum(same.orders, f.orders);
            if (same.reason.empty()) same.reason = f.reason;
        }
    return out;
}

connection_waits all_connection_waits(const rounds& runs) {
    connection_waits out = runs.front()->connection_waits;
    out.count = sum(runs, [](const run_result& r) { return r.connection_waits.count; });
    for (const auto* run : runs) out.longest_s = std::fmax(out.longest_s, run->connection_waits.longest_s);
    return out;
}

/// Over the rounds with a kill; a round may end before its kill is due.
recovery_view typical_recovery(const rounds& runs) {
    rounds struck;
    for (const auto* run : runs)
        if (run->recovery.killed != kill_target::none) struck.push_back(run);
    if (struck.empty()) return {};
    recovery_view out = struck.front()->recovery;
    for (auto field : {&recovery_view::at_s, &recovery_view::resumed_s, &recovery_view::drained_s})
        out.*field = middle(struck, [&](const run_result& r) { return r.recovery.*field; });
    out.api_calls_again = 0;
    for (const auto* run : struck) {
        out.runs = std::max(out.runs, run->recovery.runs);
        out.api_calls_again += run->recovery.api_calls_again;
    }
    return out;
}

/// The first untrusted one; if all are trusted, that of the round with the median time.
verdict worst_verdict(const rounds& runs, double median_time) {
    const auto untrusted = [](const run_result* r) { return !r->verdict.trusted(); };
    const auto bad = std::find_if(runs.begin(), runs.end(), untrusted);
    if (bad == runs.end()) {
        const auto distance = [&](const run_result* r) { return std::abs(r->time_s - median_time); };
        return (*std::min_element(runs.begin(), runs.end(),
                                  [&](auto* a, auto* b) { return distance(a) < distance(b); }))
            ->verdict;
    }
    if (runs.size() == 1) return runs.front()->verdict;
    return {(*bad)->verdict.kind, fmt::format("{} [{} of {} rounds]", (*bad)->verdict.text,
                                              std::count_if(runs.begin(), runs.end(), untrusted), runs.size())};
}

run_result typical_run(const rounds& runs) {
    run_result out = *runs.front();
    if (runs.size() == 1) return out;
    for (auto field : {&run_result::time_s, &run_result::floor_s, &run_result::efficiency, &run_result::orders_per_s,
                       &run_result::cpu_per_order_us, &run_result::harness_cpu_s, &run_result::steal_share,
                       &run_result::throttled_share, &run_result::foreign_share})
        out.*field = middle(runs, [&](const run_result& r) { return r.*field; });
    for (auto field : {&run_result::orders, &run_result::stored, &run_result::failed, &run_result::not_started,
                       &run_result::dead_lettered, &run_result::repeated, &run_result::http_attempts,
                       &run_result::store_attempts, &run_result::retries, &run_result::refused_retries})
        out.*field = sum(runs, [&](const run_result& r) { return r.*field; });
    out.cpu.user_s = middle(runs, [](const run_result& r) { return r.cpu.user_s; });
    out.cpu.system_s = middle(runs, [](const run_result& r) { return r.cpu.system_s; });
    out.cpu.box_share = middle(runs, [](const run_result& r) { return r.cpu.box_share; });
    out.cpu_sections = typical_split(runs);
    out.latency = typical_latency(
        runs, [](const run_result& r) -> auto& { return r.latency; });
    out.served = merged(
        runs, [](const run_result& r) -> auto& { return r.served; });
    out.load = typical_load(runs);
    out.memory = typical_memory(runs);
    out.services = typical_services(runs);
    out.api = typical_api(runs);
    out.ledger = all_ledgers(runs);
    out.failures = all_failures(runs);
    out.connection_waits = all_connection_waits(runs);
    out.recovery = typical_recovery(runs);
    out.verdict = worst_verdict(runs, out.time_s);
    return out;
}

std::string names_of(const std::vector<std::string>& names) { return fmt::format("{}", fmt::join(names, ", ")); }

/// Suggests that the first round warmed up caches for the others.
bool first_is_slowest(const rounds& runs) {
    return std::all_of(runs.begin() + 1, runs.end(), [&](auto* r) { return r->time_s < runs.front()->time_s; });
}

void add_outliers(std::vector<std::string>& out, const std::string& pattern, const rounds& runs) {
    std::vector<double> times;
    for (const auto* run : runs) times.push_back(run->time_s);
    const double middle_time = median(times);  // NaN if a run has no time
    if (std::isnan(middle_time)) return;
    for (const auto i : outliers(times))
        out.push_back(fmt::format("{}: round {} stands apart, {:.3g} s where the median is {:.3g} s; it is counted",
                                  pattern, runs[i]->round, times[i], middle_time));
}

/// The likeliest cause of the noise, with a remedy that was not used yet.
std::string noise_advice(const session_result& r, const std::vector<pattern_summary>& noisy) {
    const auto any = [&](auto is) { return std::any_of(noisy.begin(), noisy.end(), is); };
    const auto& b = r.box;
    if (any([](auto& s) { return s.typical.steal_share > steal_that_matters; }))
        return "the hypervisor takes CPU from this box: use another one";
    if (any([](auto& s) { return s.typical.throttled_share > steal_that_matters; }))
        return "the CPU quota of the control group holds it back: raise the limit, or leave it out";
    if (any([](auto& s) { return s.typical.foreign_share > foreign_that_matters; }))
        return "other programs use the box: stop them";
    if (r.warmup_runs.empty() &&
        any([&](auto& s) { return first_is_slowest(complete(runs_of(r, row_name(s.typical)))); }))
        return "the first round is the slowest: --warmup 1";
    if (any([](auto& s) { return s.typical.time_s < short_run_s; }))
        return fmt::format("runs are shorter than {:.0f} s: raise -n", short_run_s);
    if (!b.governor.empty() && b.governor != "performance")
        return "the CPU's governor is '" + b.governor + "': set it to 'performance'";
    return r.rounds < 2 * fewest_rounds_for_a_verdict
               ? fmt::format("more rounds: --repeat {}", 2 * fewest_rounds_for_a_verdict)
               : "compare within rounds only, as the ranking does";
}

}  // namespace

std::uint64_t saturating_sum(std::uint64_t a, std::uint64_t b) noexcept {
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    return a > most - b ? most : a + b;
}

bool is_trustworthy(const session_result& r) {
    const auto trusted = [](const run_result& run) { return run.verdict.trusted(); };
    const auto balanced = [](const run_result& run) { return run.ledger.balanced(); };
    return std::all_of(r.runs.begin(), r.runs.end(), trusted) &&
           std::all_of(r.warmup_runs.begin(), r.warmup_runs.end(), balanced);
}

bool misses_an_objective(const session_result& r) {
    const auto rows = summarise(r);
    return std::any_of(rows.begin(), rows.end(), [](const pattern_summary& p) {
        const auto missed = [](const objective_outcome& o) { return o.verdict == objective_verdict::not_met; };
        return p.typical.load &&
               std::any_of(p.typical.load->objectives.begin(), p.typical.load->objectives.end(), missed);
    });
}

std::vector<pattern_summary> summarise(const session_result& r) {
    std::vector<pattern_summary> out;
    for (const auto& pattern : patterns_in(r)) {
        const auto runs = complete(runs_of(r, pattern));
        out.push_back({typical_run(runs), runs.size(), spread(runs, time_of), spread(runs, cpu_of)});
    }
    return out;
}

std::vector<std::string> advice(const session_result& r, const std::vector<pattern_summary>& rows) {
    std::vector<std::string> out;
    std::vector<pattern_summary> noisy;
    std::vector<std::string> names;
    for (const auto& s : rows) {
        const auto name = row_name(s.typical);
        add_outliers(out, name, complete(runs_of(r, name)));
        if (!s.is_noisy()) continue;
        noisy.push_back(s);
        names.push_back(name);
    }
    if (!noisy.empty()) out.push_back(fmt::format("noisy (~): {}: {}", names_of(names), noise_advice(r, noisy)));
    if (r.rounds == 1 && rows.size() > 1)
        out.push_back(fmt::format("one round says nothing of the spread: --repeat {} ranks the patterns",
                                  fewest_rounds_for_a_verdict));
    return out;
}

}  // namespace pipebench

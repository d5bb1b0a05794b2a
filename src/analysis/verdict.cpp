#include "analysis/verdict.hpp"

#include "contracts/number.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace pipebench {
namespace {

constexpr double at_the_floor = 0.95;  ///< efficiency from which the parameters, not the pattern, set the time
constexpr double box_is_full = 0.90;   ///< share of all cores used by everything that pipebench started
constexpr double saturated = 0.95;     ///< share of the CPU that a service's threads or backends can use
/// Share of the used CPU from which the services, not the pattern, set the time.
constexpr double services_prevail = 0.85;
constexpr double shortest_for_a_limit_s = 0.25;  ///< the kernel counts CPU time in ticks of 10 ms
/// With fewer orders per connection PostgreSQL uses most of its CPU to start backends: one start costs about as much
/// as 100 inserts, on a slow machine as on a fast one.
constexpr std::uint64_t orders_that_outweigh_a_backend = 100;
constexpr double in_flight_tolerance = 0.02;  ///< above the limit; the mean latency is in whole microseconds
constexpr double littles_law_margin = 0.25;   ///< between the computed and the observed number in flight
constexpr std::uint64_t samples_for_littles_law = 20;
constexpr double largest_gap_for_littles_law = 0.1;  ///< share of the time, between two samples
constexpr double shortest_connection_wait_s = 1;     ///< many new backends at once keep a small machine busy for less
constexpr double least_lateness_ms = 1;
constexpr double lateness_that_matters = 0.1;        ///< share of the p99
constexpr double wait_that_matters = 0.1;            ///< share of the time
constexpr double foreign_seconds_that_matter = 0.2;  ///< CPU time; the kernel counts in ticks of 10 ms

std::string imbalance(const ledger_view& l) {
    std::string parts;
    for (const auto& [count, name] :
         {std::pair(l.lost, "lost"), std::pair(l.corrupt, "corrupt"), std::pair(l.unexpected, "unexpected")})
        if (count > 0) parts += fmt::format("{}{} {}", parts.empty() ? "" : ", ", count, name);
    return parts;
}

std::string failures(const run_result& run) {
    const auto most = std::max_element(run.failures.begin(), run.failures.end(),
                                       [](const auto& a, const auto& b) { return a.orders < b.orders; });
    const double share =
        100.0 * static_cast<double>(run.not_stored()) / static_cast<double>(std::max<std::uint64_t>(run.orders, 1));
    return fmt::format(
        "{:.2g} % failed{}", share,
        most == run.failures.end() ? "" : fmt::format(", mostly {} {}", name_of(most->stage), name_of(most->kind)));
}

double cpu_of(const run_result& run, service which) {
    double sum = 0;
    for (const auto& s : run.services)
        if (s.name == which) sum += s.cpu_s;
    return sum;
}

double cpu_of_all(const run_result& run) {
    double sum = run.cpu.total_s() + run.harness_cpu_s;
    for (const auto& s : run.services) sum += s.cpu_s;
    return sum;
}

/// The shares of the CPU if all cores were in use.
std::string full_box(const run_result& run, double cores) {
    const double all = run.time_s * cores;
    if (!(cpu_of_all(run) >= box_is_full * all)) return "";  // or not known
    std::string shares = fmt::format("box full: run {:.0f} %", 100 * run.cpu.total_s() / all);
    for (const auto& s : run.services) shares += fmt::format(", {} {:.0f} %", name_of(s.name), 100 * s.cpu_s / all);
    return shares;
}

/// A saturated service, which sets the time instead of the pattern.
std::string limiting_service(const run_result& run, const verdict_context& context) {
    if (run.time_s < shortest_for_a_limit_s) return "";
    const auto least = [&](std::uint64_t n) { return run.time_s * std::min(static_cast<double>(n), context.cores); };
    const double api = cpu_of(run, service::mock_api), postgres = cpu_of(run, service::postgres);
    if (run.api.threads > 0 && api >= saturated * least(run.api.threads))
        return fmt::format("the mock API was the limit: its {} threads were busy {:.0f} % of the time",
                           run.api.threads, 100 * api / least(run.api.threads));
    if (run.orders < orders_that_outweigh_a_backend * context.database_connections) return "";
    if (context.database_connections > 0 && postgres >= saturated * least(context.database_connections))
        return fmt::format("PostgreSQL was the limit: it used {:.0f} % of what {} connections can",
                           100 * postgres / least(context.database_connections), context.database_connections);
    const double all = cpu_of_all(run);
    const bool full = all >= box_is_full * run.time_s * context.cores;
    if (full && api + postgres > services_prevail * all)
        return fmt::format("{} was the limit: the services used {:.0f} % of a full box, the run {:.0f} %",
                           api > postgres ? "the mock API" : "PostgreSQL", 100 * (api + postgres) / all,
                           100 * run.cpu.total_s() / all);
    return "";
}

/// Little's law, L = X W: compares the orders in flight computed from throughput and mean latency with the limit and
/// with the observation. Does not apply if orders fail, repeat or are begun again, since their begins and ends do not
/// pair up.
std::string littles_law(const run_result& run, const verdict_context& context) {
    const bool killed = run.recovery.killed != kill_target::none;
    const bool redelivered = run.repeated > 0 || run.ledger.redelivered > 0 || context.begun_again > 0;
    if (killed || run.not_stored() > 0 || redelivered) return "";
    if (run.load && run.load->warm_up_s > 0) return "";  // the distributions are of a part of the run
    const double mean_ms = run.load ? run.load->service.mean_ms : run.latency.mean_ms;
    const double follows = static_cast<double>(run.ended()) / run.time_s * mean_ms / 1000;
    const auto limit = static_cast<double>(run.in_flight_limit);
    if (limit > 0 && follows > limit * (1 + in_flight_tolerance))
        return fmt::format("Little's law: throughput x latency gives {:.4g} in flight, the limit is {}", follows,
                           run.in_flight_limit);
    const bool comparable = run.in_flight.samples >= samples_for_littles_law && run.time_s > 0 &&
                            run.memory.largest_gap_ms < 1000 * run.time_s * largest_gap_for_littles_law;
    if (!comparable) return "";
    const double margin = littles_law_margin * std::max(follows, 1.0);
    if (std::abs(run.in_flight.mean - follows) <= margin) return "";
    return fmt::format("Little's law: throughput x latency gives {:.4g} in flight, {:.4g} were seen", follows,
                       run.in_flight.mean);
}

/// Orders that arrived late although the pattern could not be the reason.
std::string late_arrivals(const run_result& run, const verdict_context& context) {
    if (!run.load || !context.separate_source) return "";
    const double late_ms = run.load->lateness_p99_ms;
    const bool matters = late_ms > least_lateness_ms && late_ms > lateness_that_matters * run.latency.p99_ms;
    if (!matters) return "";  // or there is no p99
    return fmt::format("orders arrived late: 1 % of them by {:.3g} ms or more", late_ms);
}

/// Who was the limit of an open run that could not keep up.
std::string saturation(const run_result& run) {
    const auto& load = *run.load;
    std::string out = fmt::format("saturated: {:.4g} of {:.4g}/s", load.achieved_per_s, load.offered_per_s);
    if (load.queue_growth_per_s > 0) out += fmt::format(", the queue grew by {:.3g}/s", load.queue_growth_per_s);
    if (load.forecast.utilisation >= 1)
        out += fmt::format("; {} in flight can do {:.4g}/s", run.in_flight_limit,
                           load.offered_per_s / load.forecast.utilisation);
    return out;
}

/// Reports other programs that used the machine.
std::string busy_box(const run_result& run, const verdict_context& context) {
    const double foreign_s = run.foreign_share * run.time_s * context.cores;
    if (!(run.foreign_share > context.busy_limit) || foreign_s < foreign_seconds_that_matter) return "";
    return fmt::format("the box was busy: other programs used {:.0f} % of it (--busy-limit {:.0f} %)",
                       100 * run.foreign_share, 100 * context.busy_limit);
}

/// Too few connections to the database. Not after a kill, which closes connections on purpose, and not with our own
/// PostgreSQL: there a wait is how long the pattern takes to open what it needs.
std::string connection_shortage(const run_result& run, const verdict_context& context) {
    if (context.own_postgres) return "";
    const double longest = run.connection_waits.longest_s;
    const bool matters = longest >= shortest_connection_wait_s && longest >= wait_that_matters * run.time_s;
    if (!matters || run.recovery.killed != kill_target::none) return "";
    return fmt::format(
        "PostgreSQL's connections were the limit: orders waited up to {:.2g} s for one ({}): allow more "
        "there or in its pooler, or lower --db-connections or -c",
        longest, counted(run.connection_waits.count, "long wait", "long waits"));
}

verdict invalid(verdict_kind kind, const std::string& why) { return {kind, "INVALID: " + why}; }

/// Why the numbers of a run that ended by itself cannot be used: the first reason that applies.
std::optional<verdict> why_invalid(const run_result& run, const verdict_context& context) {
    using k = verdict_kind;
    // Before the floor: orders that fail at once beat it.
    if (run.not_stored() == run.orders && run.shed() < run.orders)
        return invalid(k::invalid_all_failed, "every order failed");
    if (!context.bad_times.empty()) return invalid(k::invalid_late_arrivals, context.bad_times);
    if (run.time_s < run.floor_s * (1 - context.floor_tolerance))
        return invalid(k::invalid_below_floor, "below its floor");
    if (!context.build.sanitizers.empty()) return invalid(k::invalid_sanitizers, "sanitizer build");
    if (is_debug(context.build)) return invalid(k::invalid_debug_build, "debug build");
    if (const auto why = connection_shortage(run, context); !why.empty())
        return invalid(k::invalid_service_limit, why);
    if (const auto why = littles_law(run, context); !why.empty()) return invalid(k::invalid_littles_law, why);
    if (const auto why = busy_box(run, context); !why.empty()) return invalid(k::invalid_busy_box, why);
    if (const auto why = late_arrivals(run, context); !why.empty()) return invalid(k::invalid_late_arrivals, why);
    if (const auto why = limiting_service(run, context); !why.empty()) return invalid(k::invalid_service_limit, why);
    return std::nullopt;
}

}  // namespace

verdict judge(const run_result& run, const verdict_context& context) {
    using k = verdict_kind;
    const bool checked = run.ledger.checked;
    if (checked && !run.ledger.balanced()) {
        const auto why = context.explanation.empty() ? "" : "; " + context.explanation;
        return invalid(k::invalid_ledger, imbalance(run.ledger) + why);
    }
    if (run.interrupted)
        return {k::interrupted, fmt::format("interrupted after {} of {} orders{}", run.ended(), run.orders,
                                            checked ? "" : ", and its ledger was not checked")};
    if (!context.death.empty()) return invalid(k::invalid_death, context.death);
    if (!checked) return invalid(k::invalid_unchecked, "the ledger could not be read: " + context.ledger_failure);
    if (auto reason = why_invalid(run, context)) return *std::move(reason);
    if (run.load && run.load->saturated) return {k::saturated, saturation(run)};
    if (run.not_stored() > 0) return {k::failures, failures(run)};
    if (run.efficiency >= at_the_floor) return {k::at_floor, "ok, at its floor"};
    const auto full = full_box(run, context.cores);
    return full.empty() ? verdict{k::ok, "ok"} : verdict{k::box_full, "ok, " + full};
}

}  // namespace pipebench

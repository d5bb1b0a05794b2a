#include "analysis/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace pipebench {
namespace {

constexpr double at_the_floor = 0.95;  ///< efficiency from which the parameters, not the pattern, set the time
constexpr double box_is_full = 0.90;   ///< share of all cores, everything that we started taken together
constexpr double saturated = 0.95;     ///< share of what a service's threads or backends can use
constexpr double services_prevail =
    0.85;  ///< share of a full box from which the services, not the pattern, set the time
constexpr double shortest_for_a_limit_s = 0.25;  ///< in less, the start of the backends is most of their CPU
constexpr double in_flight_tolerance = 0.02;     ///< above the limit: the mean latency is of whole microseconds
constexpr double littles_law_margin = 0.25;      ///< between the in flight that follows and the one that was seen
constexpr std::uint64_t samples_for_littles_law = 20;
constexpr double largest_gap_for_littles_law = 0.1;  ///< share of the time, between two samples
constexpr double foreign_seconds_that_matter = 0.2;  ///< of CPU: the kernel counts in ticks of 10 ms

std::string ledger_verdict(const ledger_view& l) {
    std::string parts;
    for (const auto& [count, name] :
         {std::pair(l.lost, "lost"), std::pair(l.corrupt, "corrupt"), std::pair(l.unexpected, "unexpected")})
        if (count > 0) parts += fmt::format("{}{} {}", parts.empty() ? "" : ", ", count, name);
    return "INVALID: " + parts;
}

std::string failures(const run_result& run) {
    const auto most = std::max_element(run.failures.begin(), run.failures.end(),
                                       [](const auto& a, const auto& b) { return a.orders < b.orders; });
    const double share =
        100.0 * static_cast<double>(run.not_stored()) / static_cast<double>(std::max<std::uint64_t>(run.orders, 1));
    return fmt::format("{:.2g} % failed{}", share,
                       most == run.failures.end() ? "" : fmt::format(", mostly {} {}", most->stage, most->kind));
}

double cpu_of(const run_result& run, std::string_view service) {
    double sum = 0;
    for (const auto& s : run.services)
        if (s.name == service) sum += s.cpu_s;
    return sum;
}

double cpu_of_all(const run_result& run) {
    double sum = run.cpu.total_s() + run.harness_cpu_s;
    for (const auto& s : run.services) sum += s.cpu_s;
    return sum;
}

/// Who used the cores, when they were all in use.
std::string full_box(const run_result& run, std::uint64_t cores) {
    const double all = run.time_s * static_cast<double>(cores);
    if (cpu_of_all(run) < box_is_full * all) return "";
    std::string shares = fmt::format("box full: run {:.0f} %", 100 * run.cpu.total_s() / all);
    for (const auto& s : run.services) shares += fmt::format(", {} {:.0f} %", s.name, 100 * s.cpu_s / all);
    return shares;
}

/// A service that had no more to give sets the time, and not the pattern.
std::string limiting_service(const run_result& run, const verdict_context& context) {
    if (run.time_s < shortest_for_a_limit_s) return "";
    const auto least = [&](std::uint64_t n) { return run.time_s * static_cast<double>(std::min(n, context.cores)); };
    const double api = cpu_of(run, "mock-api"), postgres = cpu_of(run, "postgres");
    if (run.api.threads > 0 && api >= saturated * least(run.api.threads))
        return fmt::format("the mock API was the limit: its {} threads were busy {:.0f} % of the time",
                           run.api.threads, 100 * api / least(run.api.threads));
    if (context.database_connections > 0 && postgres >= saturated * least(context.database_connections))
        return fmt::format("PostgreSQL was the limit: it used {:.0f} % of what {} connections can",
                           100 * postgres / least(context.database_connections), context.database_connections);
    const double all = cpu_of_all(run);
    const bool full = all >= box_is_full * run.time_s * static_cast<double>(context.cores);
    if (full && api + postgres > services_prevail * all)
        return fmt::format("{} was the limit: the services used {:.0f} % of a full box, the run {:.0f} %",
                           api > postgres ? "the mock API" : "PostgreSQL", 100 * (api + postgres) / all,
                           100 * run.cpu.total_s() / all);
    return "";
}

/// Little's law, L = X W: the orders in flight that follow from throughput and mean latency, against the limit and
/// against what was seen. Where orders fail or come twice, begin and end do not pair up in these three numbers.
std::string littles_law(const run_result& run) {
    const bool killed = !run.recovery.killed.empty();
    if (killed || run.not_stored() > 0 || run.repeated > 0 || run.ledger.redelivered > 0) return "";
    const double follows = run.orders_per_s * run.latency.mean_ms / 1000;
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

/// What else ran on the box.
std::string busy_box(const run_result& run, const verdict_context& context) {
    const double foreign_s = run.foreign_share * run.time_s * static_cast<double>(context.cores);
    if (!(run.foreign_share > context.busy_limit) || foreign_s < foreign_seconds_that_matter) return "";
    return fmt::format("the box was busy: other programs used {:.0f} % of it (--busy-limit {:.0f} %)",
                       100 * run.foreign_share, 100 * context.busy_limit);
}

std::string unfit_build(const build_info& build) {
    if (!build.sanitizers.empty()) return "sanitizer build";
    return is_debug(build) ? "debug build" : "";
}

/// The floor of the orders that went all the way: one that failed may have waited for less.
double least_time(const run_result& run) {
    const auto ended = std::max<std::uint64_t>(run.ended(), 1);
    return run.floor_s * static_cast<double>(run.stored) / static_cast<double>(ended);
}

}  // namespace

verdict judge(const run_result& run, const verdict_context& context) {
    if (!run.ledger.balanced()) return {false, ledger_verdict(run.ledger)};
    if (run.interrupted) return {false, fmt::format("interrupted after {} of {} orders", run.ended(), run.orders)};
    if (!context.death.empty()) return {false, "INVALID: " + context.death};
    // Before the floor: orders that fail at once beat it.
    if (run.not_stored() == run.orders) return {false, "INVALID: every order failed"};
    if (run.time_s < least_time(run) * (1 - context.floor_tolerance)) return {false, "INVALID: below its floor"};
    for (const auto& why :
         {unfit_build(context.build), littles_law(run), busy_box(run, context), limiting_service(run, context)})
        if (!why.empty()) return {false, "INVALID: " + why};
    if (run.not_stored() > 0) return {true, failures(run)};
    if (run.efficiency >= at_the_floor) return {true, "ok, at its floor"};
    const auto full = full_box(run, context.cores);
    return {true, full.empty() ? "ok" : "ok, " + full};
}

}  // namespace pipebench

#include "measure/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pipebench {
namespace {

constexpr double at_the_floor = 0.95;  ///< efficiency from which the parameters, not the pattern, set the time
constexpr double box_is_full = 0.90;   ///< share of all cores, everything that we started taken together

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
        100.0 * static_cast<double>(run.failed) / static_cast<double>(std::max<std::uint64_t>(run.orders, 1));
    return fmt::format("{:.2g} % failed{}", share,
                       most == run.failures.end() ? "" : fmt::format(", mostly {} {}", most->stage, most->kind));
}

/// Who used the cores, when they were all in use.
std::string full_box(const run_result& run, std::uint64_t cores) {
    const double all = run.time_s * static_cast<double>(cores);
    double used = run.cpu.total_s() + run.harness_cpu_s;
    std::string shares = fmt::format("run {:.0f} %", 100 * run.cpu.total_s() / all);
    for (const auto& s : run.services) {
        used += s.cpu_s;
        shares += fmt::format(", {} {:.0f} %", s.name, 100 * s.cpu_s / all);
    }
    return used >= box_is_full * all ? "box full: " + shares : "";
}

/// The floor of the orders that went all the way: one that failed may have waited for less.
double least_time(const run_result& run) {
    const auto ended = std::max<std::uint64_t>(run.stored + run.failed, 1);
    return run.floor_s * static_cast<double>(run.stored) / static_cast<double>(ended);
}

}  // namespace

verdict judge(const run_result& run, const verdict_context& context) {
    if (!run.ledger.balanced()) return {false, ledger_verdict(run.ledger)};
    if (run.interrupted)
        return {false, fmt::format("interrupted after {} of {} orders", run.stored + run.failed, run.orders)};
    // Before the floor: orders that fail at once beat it.
    if (run.failed == run.orders) return {false, "INVALID: every order failed"};
    if (run.time_s < least_time(run) * (1 - context.floor_tolerance)) return {false, "INVALID: below its floor"};
    if (!context.build.sanitizers.empty()) return {false, "INVALID: sanitizer build"};
    if (context.build.type == "Debug") return {false, "INVALID: debug build"};
    if (run.failed > 0) return {true, failures(run)};
    if (run.efficiency >= at_the_floor) return {true, "ok, at its floor"};
    const auto full = full_box(run, context.cores);
    return {true, full.empty() ? "ok" : "ok, " + full};
}

}  // namespace pipebench

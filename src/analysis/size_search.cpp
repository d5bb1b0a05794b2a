#include "analysis/size_search.hpp"

#include "analysis/queueing.hpp"
#include "contracts/number.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace pipebench {
namespace {

using namespace std::chrono_literals;

constexpr double megabyte = 1e6;

std::optional<double> pss_mb(const run_result& run) {
    if (!run.memory.peak_pss_bytes) return std::nullopt;
    return static_cast<double>(*run.memory.peak_pss_bytes) / megabyte;
}

/// A pattern that nothing bounds has no size, and is the answer only if no other has one.
bool has_size(const pattern_search& p) { return p.answer()->value > 0; }

/// Infinite if the memory is not known.
double cost_of(const pattern_search& p) {
    const auto& run = p.answer()->run();
    const auto mb = pss_mb(run);
    return mb ? *mb * cores_used(run) : std::numeric_limits<double>::infinity();
}

}  // namespace

size_bounds bounds_of(const forecast_terms& one) {
    size_bounds out;
    if (one.service_s <= 0) return out;
    const offered_load load{one.work.arrive.highest_per_second(), one.service_s};
    const auto each = std::max<std::uint64_t>(1, one.in_flight_limit);
    out.too_small = static_cast<std::uint64_t>(load.erlangs() / static_cast<double>(each));
    if (const auto fewest = fewest_in_flight_for(one)) out.expected = (*fewest + each - 1) / each;
    out.first = out.expected.value_or(2 * out.too_small + 1);
    return out;
}

double cores_used(const run_result& run) { return run.cpu.total_s() / run.time_s; }

std::string describe_load(const arrival_rate& rate) {
    constexpr std::array units{std::pair(duration{1s}, "s"), std::pair(duration{1min}, "min"),
                               std::pair(duration{1h}, "h")};
    for (const auto& [per, name] : units)
        if (rate.per == per) return fmt::format("{} orders/{}", grouped(rate.orders), name);
    return fmt::format("{:.6g} orders/s", rate.per_second());
}

const pattern_search* cheapest(const load_search_outcome& s) {
    const auto is_better = [](const pattern_search& a, const pattern_search& b) {
        return has_size(a) != has_size(b) ? has_size(a) : cost_of(a) < cost_of(b);
    };
    const pattern_search* out = nullptr;
    for (const auto& p : s.patterns)
        if (p.answer() != nullptr && (out == nullptr || is_better(p, *out))) out = &p;
    return out;
}

std::string describe_cheapest(const load_search_outcome& s) {
    const auto* best = cheapest(s);
    const auto load = fmt::format("{} within {}", s.rate, s.objectives);
    if (best == nullptr) return fmt::format("{}: no pattern was found that does it", load);
    const auto& run = best->answer()->run();
    const auto mb = pss_mb(run);
    return fmt::format("{}: {} with {} ({:.2g} cores{})", load, best->pattern, best->what, cores_used(run),
                       mb ? fmt::format(", {:.2g} MB", *mb) : "");
}

std::string describe_size(const pattern_search& p) {
    if (!p.not_known.empty()) return fmt::format("{}: not known: {}", p.pattern, p.not_known);
    if (p.points.empty()) return p.pattern + ": not measured";
    if (p.answer() == nullptr) return p.pattern + ": not confirmed";
    std::string out;
    for (const auto& point : p.points)
        if (point.purpose == point_purpose::contrast)
            out = fmt::format("{} at half of that ({:.0f}): {} ({})", p.pattern, point.value,
                              point.judged.verdict ? name_of(*point.judged.verdict) : "not known", point.judged.why);
    if (p.found.contradicted) out += "; the outcomes contradict each other: measure longer, with --duration";
    return out;
}

}  // namespace pipebench

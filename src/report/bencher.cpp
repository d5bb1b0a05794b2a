// Bencher Metric Format (https://bencher.dev/docs/reference/bencher-metric-format):
// {benchmark: {measure: {value, lower_value, upper_value}}}. A benchmark is a pattern, and a measure is named by its
// slug. The file has no units; these are the ones that Bencher assumes:
//   throughput     orders per second (one of its own measures)
//   latency        ns, the median order (one of its own measures)
//   latency-p99    ns
//   time           s
//   cpu-per-order  ns
//   peak-rss, peak-pss   bytes
//   error-rate     percent of the orders
// value is the median of the rounds, lower_value and upper_value are the smallest and the largest of them; one round
// has no bounds.
#include "analysis/metrics.hpp"
#include "contracts/error.hpp"
#include "report/formats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace pipebench::reporting {
namespace {

using json = nlohmann::ordered_json;

struct measure {
    std::string_view metric, slug;
    double factor = 1;  ///< from the metric's unit to Bencher's
};

constexpr std::array measures{
    measure{"throughput", "throughput"},
    measure{"p50_ms", "latency", 1e6},
    measure{"p99_ms", "latency-p99", 1e6},
    measure{"time_s", "time"},
    measure{"cpu_per_order_us", "cpu-per-order", 1e3},
    measure{"rss_mb", "peak-rss", 1e6},
    measure{"pss_mb", "peak-pss", 1e6},
    measure{"error_percent", "error-rate"},
};

/// Adds the bounds if all samples are finite in Bencher's unit.
void add_bounds(json& entry, const std::vector<double>& samples, double factor) {
    const auto [least, most] = std::minmax_element(samples.begin(), samples.end());
    if (samples.size() < 2 || !std::isfinite(*most * factor)) return;
    entry["lower_value"] = *least * factor;
    entry["upper_value"] = *most * factor;
}

/// Leaves out values that are not finite, because no order ended or the value is too large for Bencher's unit.
json measured(const session_result& r, const std::string& pattern) {
    json out = json::object();
    for (const auto& m : measures) {
        const metric& source = *find_metric(m.metric);
        const double value = value_of(r, pattern, source) * m.factor;
        if (!std::isfinite(value)) continue;
        auto& entry = out[std::string{m.slug}];
        entry["value"] = value;
        add_bounds(entry, samples_of(r, pattern, source), m.factor);
    }
    return out;
}

}  // namespace

std::string render_bencher(const report_model& m, const look&) {
    const auto& r = m.result;
    json out = json::object();
    for (const auto& pattern : trusted_patterns(r))
        if (auto all = measured(r, pattern); !all.empty())
            out[fmt::format("pipebench/{}", printable(pattern))] = std::move(all);
    return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace pipebench::reporting

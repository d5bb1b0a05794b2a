#include "metrics/family_list.hpp"

#include "contracts/latency_bin.hpp"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace pipebench {
namespace {

constexpr std::array steps{0.05, 0.2, 0.5, 0.9, 1.05, 1.1, 1.25, 1.45, 1.9, 2.9, 4.9, 9.8, 19.0, 49.0};
constexpr std::chrono::seconds last_bound{60};

double seconds(std::chrono::nanoseconds t) { return std::chrono::duration<double>(t).count(); }

}  // namespace

bucket_bounds bounds_around(std::chrono::nanoseconds usual, const std::vector<std::chrono::nanoseconds>& limits) {
    bucket_bounds out{latency_bin(last_bound)};
    for (const double step : steps)
        out.push_back(latency_bin(std::chrono::nanoseconds(std::llround(step * static_cast<double>(usual.count())))));
    for (const auto limit : limits) out.push_back(latency_bin(limit));
    std::ranges::sort(out);
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

prometheus::ClientMetric& family_list::add(const std::string& name, const std::string& help,
                                           prometheus::MetricType type, const metric_labels& labels) {
    auto family = std::ranges::find(families_, name, &prometheus::MetricFamily::name);
    if (family == families_.end()) family = families_.insert(family, {name, help, type, {}});
    auto& metric = family->metric.emplace_back();
    for (const auto& [label, value] : labels) metric.label.push_back({label, value});
    return metric;
}

void family_list::counter(const std::string& name, const std::string& help, const metric_labels& labels,
                          double value) {
    if (std::isfinite(value)) add(name, help, prometheus::MetricType::Counter, labels).counter.value = value;
}

void family_list::gauge(const std::string& name, const std::string& help, const metric_labels& labels, double value) {
    if (std::isfinite(value)) add(name, help, prometheus::MetricType::Gauge, labels).gauge.value = value;
}

void family_list::histogram(const std::string& name, const std::string& help, const metric_labels& labels,
                            const latency_counts& counted, const bucket_bounds& bounds) {
    auto& out = add(name, help, prometheus::MetricType::Histogram, labels).histogram;
    std::uint64_t sum = 0;
    auto bound = bounds.begin();
    for (std::size_t bin = 0; bin < counted.bins.size(); ++bin) {
        sum += counted.bins[bin];
        if (bound == bounds.end() || bin != *bound) continue;
        out.bucket.push_back({sum, upper_edge_ms(bin) / 1000});
        ++bound;
    }
    out.bucket.push_back({sum, std::numeric_limits<double>::infinity()});
    out.sample_count = sum;
    out.sample_sum = seconds(counted.sum);
}

std::string family_list::text() const { return prometheus::TextSerializer().Serialize(families_); }

}  // namespace pipebench

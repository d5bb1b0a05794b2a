// Metrics on their way to Prometheus's text format 0.0.4, which prometheus-cpp writes.
#pragma once

#include "contracts/run_reader.hpp"

#include <prometheus/metric_family.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace pipebench {

using metric_labels = std::vector<std::pair<std::string, std::string>>;

/// Upper bounds of a histogram's buckets: bins of the recorder, ascending.
using bucket_bounds = std::vector<std::size_t>;

/// Bounds around `usual`, the duration that most orders are expected to have, each on the nearest edge of a bin. None is
/// a multiple of it: a constant duration on a bound would be read as the middle of the bucket after it. `limits` get
/// bounds of their own.
[[nodiscard]] bucket_bounds bounds_around(std::chrono::nanoseconds usual,
                                          const std::vector<std::chrono::nanoseconds>& limits = {});

/// Each function adds one metric to the family of that name, which the first call makes. A value that is not finite is
/// not known, and left out. `name` is complete, with unit and _total.
class family_list {
public:
    void counter(const std::string& name, const std::string& help, const metric_labels& labels, double value);
    void gauge(const std::string& name, const std::string& help, const metric_labels& labels, double value);
    /// Without observations: buckets of 0.
    void histogram(const std::string& name, const std::string& help, const metric_labels& labels,
                   const latency_counts& counted, const bucket_bounds& bounds);

    [[nodiscard]] std::string text() const;

private:
    prometheus::ClientMetric& add(const std::string& name, const std::string& help, prometheus::MetricType type,
                                  const metric_labels& labels);

    std::vector<prometheus::MetricFamily> families_;
};

/// The content type of text().
inline constexpr const char* metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace pipebench

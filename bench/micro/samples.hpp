// Input for the benchmarks: orders of the mock API, in each of the forms that they take on their way. There are enough
// of them that no branch of the processor learns one by heart, and few enough to stay in its cache.
#pragma once

#include "pipebench/order.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace pipebench::bench {

inline constexpr std::size_t sample_count = 256;

[[nodiscard]] std::vector<order> sample_orders();
[[nodiscard]] std::vector<order_row> sample_rows();
[[nodiscard]] std::vector<std::string> sample_bodies();   ///< JSON
[[nodiscard]] std::vector<std::string> sample_answers();  ///< HTTP, with such a body

/// The i-th, and from the first one again after the last.
template <class T>
const T& pick(const std::vector<T>& samples, std::size_t i) {
    return samples[i % samples.size()];
}

}  // namespace pipebench::bench

// Draws that depend only on a seed and a subject, such as an order, so that they are the same in every process.
#pragma once

#include <cstdint>

namespace pipebench {

/// By SplitMix64 (random.hpp).
class dice {
public:
    dice(std::uint64_t seed, std::uint64_t subject) noexcept;

    std::uint64_t next() noexcept;
    std::uint64_t below(std::uint64_t limit) noexcept;  ///< 0..limit-1; its bias is under limit / 2^64
    double fraction() noexcept;                         ///< above 0, at most 1
    /// Of a lognormal distribution with the mean 1. `sigma`: standard deviation of the logarithm.
    double lognormal(double sigma) noexcept;

private:
    std::uint64_t state_;
};

}  // namespace pipebench

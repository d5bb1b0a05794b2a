#include "contracts/dice.hpp"

#include "contracts/random.hpp"

#include <cmath>
#include <numbers>

namespace pipebench {

dice::dice(std::uint64_t seed, std::uint64_t subject) noexcept : state_(seed) {
    state_ = next() ^ subject;  // mixed, because otherwise neighbouring seeds would share orders
    state_ = next();
}

std::uint64_t dice::next() noexcept { return splitmix64(state_); }

std::uint64_t dice::below(std::uint64_t limit) noexcept { return next() % limit; }

double dice::fraction() noexcept { return (static_cast<double>(next() >> 11) + 1) * 0x1p-53; }

double dice::lognormal(double sigma) noexcept {
    // Box and Muller's transform of two uniform draws.
    const double radius = std::sqrt(-2 * std::log(fraction()));
    const double normal = radius * std::cos(2 * std::numbers::pi * fraction());
    // The mean of exp(sigma Z) is exp(sigma^2 / 2). We divide by it, so that the mean is kept.
    return std::exp(sigma * normal - sigma * sigma / 2);
}

}  // namespace pipebench

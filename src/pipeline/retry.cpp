#include "pipeline/retry.hpp"

#include <algorithm>

namespace pipebench {

bool worth_retrying(error_kind kind) noexcept {
    switch (kind) {
        case error_kind::connect:
        case error_kind::resources:
        case error_kind::reset:
        case error_kind::timeout:
        case error_kind::throttled:
        case error_kind::server_error: return true;
        default: return false;
    }
}

duration backoff(const retry_policy& policy, unsigned attempt, std::uint64_t random) noexcept {
    const unsigned doublings = std::min(attempt > 0 ? attempt - 1 : 0u, 30u);
    const double ceiling =
        std::min(static_cast<double>(policy.backoff_cap.count()),
                 static_cast<double>(policy.backoff_base.count()) * static_cast<double>(1u << doublings));
    return duration{static_cast<std::int64_t>(ceiling * (static_cast<double>(random) / 18446744073709551616.0))};
}

// SplitMix64 (Steele, Lea, Flood 2014) over a mix of the three.
std::uint64_t random_of(std::uint64_t seed, order_id id, unsigned attempt) noexcept {
    std::uint64_t z = seed * 0x9e3779b97f4a7c15ull + id * 0xd1b54a32d192ed03ull + attempt;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

}  // namespace pipebench

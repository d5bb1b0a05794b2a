#include "contracts/backoff.hpp"

#include <algorithm>

namespace pipebench {

duration backoff(const retry_policy& policy, unsigned attempt, std::uint64_t random) noexcept {
    const unsigned doublings = std::min(attempt > 0 ? attempt - 1 : 0u, 30u);
    const double ceiling =
        std::min(static_cast<double>(policy.backoff_cap.count()),
                 static_cast<double>(policy.backoff_base.count()) * static_cast<double>(1u << doublings));
    return duration{static_cast<std::int64_t>(ceiling * (static_cast<double>(random) / 18446744073709551616.0))};
}

}  // namespace pipebench

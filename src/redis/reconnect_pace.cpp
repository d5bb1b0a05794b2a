#include "redis/reconnect_pace.hpp"

#include "contracts/backoff.hpp"
#include "contracts/random.hpp"

namespace pipebench {

std::optional<duration> reconnect_pace::next(clock::time_point now) {
    static constexpr retry_policy pace{.backoff_base = base, .backoff_cap = cap};
    if (!since_) since_ = now;
    if (now - *since_ >= patience_) return std::nullopt;
    return backoff(pace, ++tries_, splitmix64(random_));
}

}  // namespace pipebench

#include "redis/reconnect_pace.hpp"

#include <algorithm>

namespace pipebench {

constexpr unsigned most_doublings = 10;  ///< the cap is reached long before

std::optional<duration> reconnect_pace::next(clock::time_point now) {
    if (!since_) since_ = now;
    if (now - *since_ >= patience_) return std::nullopt;
    const auto ceiling = std::min(cap, base * (1 << std::min(tries_++, most_doublings)));
    return duration{std::uniform_int_distribution<duration::rep>(0, ceiling.count())(random_)};
}

}  // namespace pipebench

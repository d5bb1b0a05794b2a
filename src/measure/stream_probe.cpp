#include "measure/stream_probe.hpp"

#include "redis/order_stream.hpp"
#include "redis/redis_client.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <memory>
#include <optional>
#include <string>

namespace pipebench {
namespace {

using clock = std::chrono::steady_clock;

constexpr duration reply_limit = std::chrono::milliseconds(200);  // the session waits meanwhile
constexpr duration pause_after_failure = std::chrono::seconds(2);

double as_number(const std::optional<std::uint64_t>& n) {
    return n ? static_cast<double>(*n) : stream_depth::unknown;
}

double wall_clock_s() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// How far Redis's clock is ahead of ours. NaN if this user may not ask for it.
double seconds_ahead(redis_client& redis) try {
    return seconds_in(*redis.command({"TIME"})) - wall_clock_s();
} catch (const redis_refusal&) {
    return std::numeric_limits<double>::quiet_NaN();
}

class probe {
public:
    explicit probe(const addresses& where)
        : address_(parse_redis_address(where.redis)), stream_(order_stream_keys(where.stream).orders) {}

    stream_depth ask() try {
        if (clock::now() < next_try_) return {};
        if (!redis_) {
            redis_ = std::make_unique<redis_client>(address_, reply_limit);
            seconds_ahead_ = seconds_ahead(*redis_);
        }
        const auto replies =
            redis_->pipeline({{"XINFO", "GROUPS", stream_}, {"XPENDING", stream_, order_stream_keys::group}});
        const auto group = group_in(*replies[0], order_stream_keys::group);
        if (!group) return {};
        return {as_number(group->lag), as_number(group->pending), age_in(*replies[1])};
    } catch (const redis_refusal&) {  // there is no stream yet, or not any more
        return {};
    } catch (const redis_error&) {
        redis_.reset();
        next_try_ = clock::now() + pause_after_failure;
        return {};
    }

private:
    /// How long ago the oldest entry of an XPENDING was added: an entry's id begins with Redis's clock in milliseconds.
    /// NaN if none is pending.
    [[nodiscard]] double age_in(const redisReply& pending) const {
        const auto oldest = oldest_pending_in(pending);
        if (oldest.empty()) return std::numeric_limits<double>::quiet_NaN();
        const double added_s = std::strtod(oldest.c_str(), nullptr) / 1000;  // up to its '-'
        return std::max(wall_clock_s() + seconds_ahead_ - added_s, 0.0);     // NaN stays NaN
    }

    redis_address address_;
    std::string stream_;
    std::unique_ptr<redis_client> redis_;
    clock::time_point next_try_{};
    double seconds_ahead_ = 0;
};

}  // namespace

stream_probe stream_probe_for(const addresses& where) {
    return [asked = std::make_shared<probe>(where)] { return asked->ask(); };
}

}  // namespace pipebench

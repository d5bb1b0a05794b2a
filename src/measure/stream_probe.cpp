#include "measure/stream_probe.hpp"

#include "redis/order_stream.hpp"
#include "redis/redis_client.hpp"

#include <limits>
#include <memory>
#include <optional>

namespace pipebench {
namespace {

using clock = std::chrono::steady_clock;

constexpr duration reply_limit = std::chrono::milliseconds(200);  // the session waits meanwhile
constexpr duration pause_after_failure = std::chrono::seconds(2);
constexpr stream_depth unknown{std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN()};

double as_number(const std::optional<std::uint64_t>& n) { return n ? static_cast<double>(*n) : unknown.lag; }

class probe {
public:
    explicit probe(const addresses& where)
        : address_(parse_redis_address(where.redis)), stream_(order_stream_keys(where.stream).orders) {}

    stream_depth ask() try {
        if (clock::now() < next_try_) return unknown;
        if (!redis_) redis_ = std::make_unique<redis_client>(address_, reply_limit);
        const auto group = group_in(*redis_->command({"XINFO", "GROUPS", stream_}), order_stream_keys::group);
        return group ? stream_depth{as_number(group->lag), as_number(group->pending)} : unknown;
    } catch (const redis_refusal&) {  // there is no stream yet, or not any more
        return unknown;
    } catch (const redis_error&) {
        redis_.reset();
        next_try_ = clock::now() + pause_after_failure;
        return unknown;
    }

private:
    redis_address address_;
    std::string stream_;
    std::unique_ptr<redis_client> redis_;
    clock::time_point next_try_{};
};

}  // namespace

stream_probe stream_probe_for(const addresses& where) {
    return [asked = std::make_shared<probe>(where)] { return asked->ask(); };
}

}  // namespace pipebench

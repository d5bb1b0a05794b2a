#include "measure/stream_probe.hpp"

#include "redis/order_stream.hpp"
#include "redis/redis_client.hpp"

#include <limits>
#include <memory>

namespace pipebench {
namespace {

constexpr duration reply_limit = std::chrono::milliseconds(200);  // the session waits meanwhile
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// The number after a name in the first group's list of names and values; NaN if there is none.
double number_in(const redisReply& groups, std::string_view name) {
    if (groups.type != REDIS_REPLY_ARRAY || groups.elements == 0) return unknown;
    const redisReply& group = *groups.element[0];
    if (group.type != REDIS_REPLY_ARRAY) return unknown;
    for (std::size_t i = 0; i + 1 < group.elements; i += 2) {
        const redisReply &key = *group.element[i], &value = *group.element[i + 1];
        if (key.type == REDIS_REPLY_STRING && name == std::string_view(key.str, static_cast<std::size_t>(key.len)))
            return value.type == REDIS_REPLY_INTEGER ? static_cast<double>(value.integer) : unknown;
    }
    return unknown;
}

class probe {
public:
    explicit probe(const addresses& where)
        : address_(parse_redis_address(where.redis)), stream_(order_stream_keys(where.stream).orders) {}

    stream_depth ask() try {
        if (!redis_) redis_ = std::make_unique<redis_client>(address_, reply_limit);
        const auto groups = redis_->command({"XINFO", "GROUPS", stream_});
        return {number_in(*groups, "lag"), number_in(*groups, "pending")};
    } catch (const redis_error&) {
        redis_.reset();
        return {unknown, unknown};
    }

private:
    redis_address address_;
    std::string stream_;
    std::unique_ptr<redis_client> redis_;
};

}  // namespace

stream_probe stream_probe_for(const addresses& where) {
    return [asked = std::make_shared<probe>(where)] { return asked->ask(); };
}

}  // namespace pipebench

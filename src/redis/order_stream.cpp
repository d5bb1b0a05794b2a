#include "redis/order_stream.hpp"

#include "pipebench/duration.hpp"
#include "redis/redis_client.hpp"

#include <charconv>

namespace pipebench {

constexpr duration set_up_limit = std::chrono::seconds{30};

void order_stream::create() const try {
    redis_client(address_, set_up_limit).command(create_group(keys_));
} catch (const redis_refusal& e) {
    if (!e.group_exists()) throw;
}

redis_command create_group(const order_stream_keys& keys) {
    return {"XGROUP", "CREATE", keys.orders, order_stream_keys::group, "0", "MKSTREAM"};
}

order_id order_in(const stream_entry& entry) noexcept {
    const auto text = entry.field("order");
    order_id id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    return error == std::errc{} && end == text.data() + text.size() ? id : 0;
}

}  // namespace pipebench

#include "redis/order_stream.hpp"

#include "contracts/units.hpp"
#include "redis/reconnect_pace.hpp"
#include "redis/redis_client.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <thread>

namespace pipebench {
namespace {

constexpr duration least_reply_limit = std::chrono::seconds{1};

void create_group_once(const redis_address& where, const order_stream_keys& keys, duration limit) try {
    redis_client(where, limit).command(create_group(keys));
} catch (const redis_refusal& e) {
    if (!e.group_exists()) throw;
}

}  // namespace

std::string stream_limits::when_given_up(std::string_view why) const {
    return fmt::format("{}; it was away for longer than --order-timeout ({})", why, format_duration(patience));
}

stream_limits stream_limits_of(const time_limits& order) {
    return {std::max(std::min(order.attempt, order.order), least_reply_limit), order.order};
}

void order_stream::create(const stream_limits& limits) const {
    reconnect_pace pace(limits.patience, static_cast<std::uint64_t>(::getpid()));
    for (;;) try {
            return create_group_once(address_, keys_, limits.reply);
        } catch (const redis_error& e) {
            if (!is_away(e)) throw;
            const auto pause = pace.next(reconnect_pace::clock::now());
            if (!pause) throw redis_lost(limits.when_given_up(e.what()));
            std::this_thread::sleep_for(*pause);
        }
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

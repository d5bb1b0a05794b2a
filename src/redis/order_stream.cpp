#include "redis/order_stream.hpp"

#include "contracts/named.hpp"
#include "contracts/number_in.hpp"
#include "contracts/session_cards.hpp"
#include "contracts/units.hpp"
#include "redis/reconnect_pace.hpp"
#include "redis/redis_client.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <thread>

namespace pipebench {
namespace {

constexpr duration least_reply_limit = std::chrono::seconds{1};
constexpr duration longest_session = std::chrono::hours{24 * 365};

/// "stored", or "failed:STAGE:KIND"
std::string describe_outcome(const outcome& o) {
    return o.stored() ? "stored" : fmt::format("failed:{}:{}", name_of(o.at), name_of(o.kind));
}

std::optional<outcome> outcome_in(std::string_view text) {
    constexpr std::string_view failed = "failed:";
    if (text == "stored") return outcome{};
    if (!text.starts_with(failed)) return std::nullopt;
    text.remove_prefix(failed.size());
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto at = named<stage>(text.substr(0, colon), stage_count);
    const auto kind = named<error_kind>(text.substr(colon + 1), error_kind_count);
    if (!at || !kind || *kind == error_kind::none) return std::nullopt;
    return outcome{*at, *kind};
}

}  // namespace

std::string stream_limits::when_given_up(std::string_view why) const {
    return fmt::format("{}; it was away for longer than --order-timeout ({})", why, format_duration(patience));
}

stream_limits stream_limits_of(const workload& work) {
    const auto& order = work.limits;
    return {std::max(std::min(order.attempt, order.order), least_reply_limit), order.order, work.orders};
}

stream_limits stream_limits_elsewhere(const workload& work) {
    auto out = stream_limits_of(work);
    out.patience = longest_session;
    return out;
}

void order_stream::create(const stream_limits& limits) const {
    reconnect_pace pace(limits.patience, static_cast<std::uint64_t>(::getpid()));
    for (;;) try {
            redis_client redis(address_, limits.reply);
            return create_group_once(redis, keys_);
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

void create_group_once(redis_client& redis, const order_stream_keys& keys) try {
    redis.command(create_group(keys));
} catch (const redis_refusal& e) {
    if (!e.group_exists()) throw;
}

order_id order_in(const stream_entry& entry) noexcept {
    return number_in<order_id>(entry.field("order")).value_or(0);
}

redis_command add_result(const order_stream_keys& keys, const order_result& r) {
    redis_command out{
        "XADD", keys.results, "*", "order", std::to_string(r.order), "outcome", describe_outcome(r.what)};
    if (r.instance.empty()) return out;
    const auto service_us = std::chrono::duration_cast<std::chrono::microseconds>(r.service).count();
    out.insert(out.end(), {"attempts", std::to_string(r.what.attempts), "stores", std::to_string(r.what.stores),
                           "service_us", std::to_string(service_us), "worker", r.instance});
    return out;
}

std::optional<order_result> result_in(const stream_entry& entry) {
    order_result out;
    out.order = order_in(entry);
    const auto what = outcome_in(entry.field("outcome"));
    const auto attempts = number_in<std::uint8_t>(entry.field("attempts"));
    const auto stores = number_in<std::uint8_t>(entry.field("stores"));
    const auto service_us = number_in<std::uint32_t>(entry.field("service_us"));  // up to 71 minutes
    if (out.order == 0 || !what || !attempts || !stores || !service_us || !is_instance_id(entry.field("worker")))
        return std::nullopt;
    out.what = {what->at, what->kind, *attempts, *stores};
    out.service = std::chrono::microseconds(*service_us);
    out.instance = entry.field("worker");
    return out;
}

std::pair<std::uint64_t, std::uint64_t> position_of(std::string_view entry_id) noexcept {
    const auto dash = entry_id.find('-');
    if (dash == std::string_view::npos) return {};
    const auto ms = number_in<std::uint64_t>(entry_id.substr(0, dash));
    const auto sequence = number_in<std::uint64_t>(entry_id.substr(dash + 1));
    return ms && sequence ? std::pair(*ms, *sequence) : std::pair<std::uint64_t, std::uint64_t>{};
}

}  // namespace pipebench

#include "concurrency/order_stream.hpp"

#include <fcntl.h>

#include <boost/asio/redirect_error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace pipebench {
namespace {

constexpr duration client_limit = std::chrono::seconds{30};
constexpr std::uint64_t orders_per_chunk = 1000;  ///< XADDs in one round trip
constexpr const char* results_per_read = "1000";
constexpr const char* results_wait_ms = "100";

/// 0 for anything that is not an order's number.
order_id parse_id(std::string_view text) {
    order_id id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    return error == std::errc{} && end == text.data() + text.size() ? id : 0;
}

std::string milliseconds(duration d) {
    return std::to_string(std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::milliseconds>(d).count()));
}

std::string describe(const outcome& o) {
    return o.stored() ? "stored" : fmt::format("failed:{}:{}", name_of(o.at), name_of(o.kind));
}

}  // namespace

void create_order_stream(const addresses& where) {
    const order_stream_keys keys(where.stream);
    redis_client redis(parse_redis_address(where.redis), client_limit);
    redis.command({"XGROUP", "CREATE", keys.orders, order_stream_keys::group, "0", "MKSTREAM"});
}

order_producer::order_producer(const addresses& where, std::uint64_t orders)
    : keys_(where.stream),
      redis_(parse_redis_address(where.redis), client_limit),
      orders_(orders),
      seen_(orders + 1) {}

void order_producer::add_all(stop_flag stop) {
    for (order_id first = 1; first <= orders_ && !stop.requested(); first += orders_per_chunk) {
        std::vector<redis_command> chunk;
        for (order_id id = first; id <= orders_ && id < first + orders_per_chunk; ++id)
            chunk.push_back({"XADD", keys_.orders, "*", "order", std::to_string(id)});
        redis_.pipeline(chunk);
    }
}

void order_producer::read_results() {
    const auto reply = redis_.command(
        {"XREAD", "COUNT", results_per_read, "BLOCK", results_wait_ms, "STREAMS", keys_.results, last_result_});
    for (const auto& entry : entries_read(*reply)) {
        last_result_ = entry.id;
        const auto id = parse_id(entry.field("order"));
        if (id == 0 || id > orders_ || seen_[id]) continue;  // not ours, or delivered again
        seen_[id] = true;
        ++seen_count_;
    }
}

stream_consumer::stream_consumer(stream_consumers& all, executor ex, std::string name)
    : all_(all), name_(std::move(name)), redis_(ex), nap_(ex) {}

bool stream_consumer::closed() const noexcept { return all_.closed_; }

std::vector<stream_order> stream_consumer::take(std::vector<stream_entry> entries) {
    std::vector<stream_order> out;
    for (auto& entry : entries) {
        const auto id = parse_id(entry.field("order"));
        if (!all_.in_hand_.insert(entry.id).second) continue;  // slower than the lease, but still in hand
        out.push_back({id, std::move(entry.id), std::nullopt});
    }
    return out;
}

task<std::vector<stream_order>> stream_consumer::read(unsigned count, duration block) {
    redis_command command{
        "XREADGROUP",        "GROUP",   order_stream_keys::group, name_, "COUNT", std::to_string(count), "BLOCK",
        milliseconds(block), "STREAMS", all_.keys_.orders,        ">"};
    redis_reply reply;
    reading_ = true;
    try {
        reply = co_await redis_.command(std::move(command), block);
    } catch (const redis_error&) {
        if (!closed()) throw;
    }
    reading_ = false;
    co_return reply ? take(entries_read(*reply)) : std::vector<stream_order>{};
}

task<std::vector<stream_order>> stream_consumer::claim(unsigned count, duration lease) {
    redis_command command{"XAUTOCLAIM", all_.keys_.orders, order_stream_keys::group, name_, milliseconds(lease),
                          cursor_,      "COUNT",           std::to_string(count)};
    const auto reply = co_await redis_.command(std::move(command));
    auto claimed = entries_claimed(*reply);
    cursor_ = std::move(claimed.cursor);
    co_return take(std::move(claimed.entries));
}

task<> stream_consumer::acknowledge(const std::vector<stream_order>& orders) {
    redis_command acknowledged{"XACK", all_.keys_.orders, order_stream_keys::group};
    std::vector<redis_command> commands(1);
    for (const auto& o : orders) {
        if (!o.result) continue;
        acknowledged.push_back(o.entry);
        commands.push_back(
            {"XADD", all_.keys_.results, "*", "order", std::to_string(o.id), "outcome", describe(*o.result)});
    }
    if (commands.size() == 1) co_return;
    commands.front() = std::move(acknowledged);
    const auto replies = co_await redis_.pipeline(std::move(commands));
    for (const auto& reply : replies) throw_if_error(*reply);
    for (const auto& o : orders) all_.in_hand_.erase(o.entry);
}

task<bool> stream_consumer::sleep(duration d) {
    if (closed()) co_return false;
    boost::system::error_code ec;
    nap_.expires_after(d);
    co_await nap_.async_wait(asio::redirect_error(use_task, ec));
    co_return !closed();
}

void stream_consumer::interrupt() noexcept {
    nap_.cancel();
    if (reading_) redis_.close();
}

stream_consumers::stream_consumers(executor ex, const addresses& where, duration reply_limit)
    : executor_(ex),
      keys_(where.stream),
      address_(parse_redis_address(where.redis)),
      reply_limit_(reply_limit),
      parent_(ex) {}

task<std::reference_wrapper<stream_consumer>> stream_consumers::join() {
    auto& member = members_.emplace_back(*this, executor_, fmt::format("{}-{}", ::getpid(), members_.size()));
    co_await member.redis_.connect(address_, reply_limit_);
    co_return std::ref(member);
}

task<> stream_consumers::close_with(const message_channel& parent) {
    boost::system::error_code ec;
    parent_.assign(::fcntl(parent.native(), F_DUPFD_CLOEXEC, 0));
    if (!closed_)
        co_await parent_.async_wait(asio::posix::descriptor_base::wait_read, asio::redirect_error(use_task, ec));
    close();
}

void stream_consumers::close() noexcept {
    if (std::exchange(closed_, true)) return;
    boost::system::error_code ignored;
    parent_.cancel(ignored);
    for (auto& member : members_) member.interrupt();
}

}  // namespace pipebench

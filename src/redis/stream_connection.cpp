#include "redis/stream_connection.hpp"

#include "redis/reconnect_pace.hpp"

#include <boost/asio/redirect_error.hpp>

#include <utility>

namespace pipebench {

std::vector<redis_command> only(redis_command one) {
    std::vector<redis_command> out;
    out.push_back(std::move(one));
    return out;
}

stream_connection::stream_connection(const stream_access& access, executor ex, std::uint64_t seed)
    : access_(access), redis_(ex), nap_(ex), random_(static_cast<std::minstd_rand::result_type>(seed)) {}

task<std::vector<redis_reply>> stream_connection::try_once(std::vector<redis_command> commands, duration wait,
                                                           needed which) {
    exchange_.fetch_add(1, std::memory_order_relaxed);
    if (!connected_) co_await redis_.connect(access_.address, access_.limits.reply);
    connected_ = true;
    auto replies = co_await redis_.pipeline(std::move(commands), wait);
    if (which == needed::last) throw_if_error(*replies.back());
    else
        for (const auto& reply : replies) throw_if_error(*reply);
    co_return replies;
}

task<std::vector<redis_reply>> stream_connection::keep_asking(std::vector<redis_command> commands, duration wait,
                                                              needed which) {
    reconnect_pace pace(access_.limits.patience, random_());
    bool group_lost = false;
    for (;;) {
        std::string failure;
        try {
            if (std::exchange(group_lost, false)) {
                auto group = only(create_group(access_.keys));
                co_await try_once(std::move(group), {}, needed::all);
            }
            co_return co_await try_once(commands, wait, which);
        } catch (const redis_refusal& e) {
            if (e.group_exists()) continue;  // another consumer made it
            if (!e.group_lost() && !e.is_away()) throw;
            connected_ = e.group_lost();  // after a failover, the address may lead to another server
            // Elsewhere nobody knows whether the run is still on: its source makes the group again.
            group_lost = e.group_lost() && access_.instance.empty();
            failure = e.what();
        } catch (const redis_lost& e) {
            connected_ = false;
            failure = e.what();
        }
        // A worker elsewhere still has results to hand over when it drains: whoever waits for it sets the limit.
        if (closed() && (wait.count() > 0 || access_.instance.empty())) co_return std::vector<redis_reply>{};
        const auto pause = pace.next(reconnect_pace::clock::now());
        if (!pause) throw redis_lost(access_.limits.when_given_up(failure));
        co_await sleep(*pause);
    }
}

task<std::vector<redis_reply>> stream_connection::ask_interruptibly(std::vector<redis_command> commands,
                                                                    duration wait) {
    interruptible_ = true;
    auto replies = co_await keep_asking(std::move(commands), wait, needed::last);
    interruptible_ = false;
    co_return replies;
}

task<bool> stream_connection::sleep(duration d) {
    if (closed()) co_return false;
    boost::system::error_code ec;
    nap_.expires_after(d);
    co_await nap_.async_wait(asio::redirect_error(use_task, ec));
    co_return !closed();
}

void stream_connection::interrupt() noexcept {
    nap_.cancel();
    if (interruptible_ || !connected_) redis_.close();
}

}  // namespace pipebench

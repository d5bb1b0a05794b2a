#include "redis/lease_renewer.hpp"

#include "concurrency/worker_threads.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace pipebench {
namespace {

/// Of a page of XPENDING: more than a consumer can have.
constexpr std::size_t most_pending = lease_book::max_entries_per_renewal;

redis_command pending_with(const order_stream_keys& keys, const std::string& consumer) {
    return {"XPENDING", keys.orders, order_stream_keys::group, "-", "+", std::to_string(most_pending), consumer};
}

/// XCLAIM of entries that the owner holds already, which only renews their leases. The reply leaves out entries that
/// are not pending.
redis_command renewal_of(const order_stream_keys& keys, const lease_book::renewal& due) {
    redis_command out{"XCLAIM", keys.orders, order_stream_keys::group, due.owner, "0"};
    out.insert(out.end(), due.entries.begin(), due.entries.end());
    out.emplace_back("JUSTID");
    return out;
}

}  // namespace

lease_renewer::lease_renewer(const stream_access& access, lease_book& leases, duration lease,
                             std::vector<leaseholder> all)
    : access_(access),
      leases_(leases),
      lease_(lease),
      all_(std::move(all)),
      redis_(access_, loop_.get_executor(), std::hash<std::string>{}(all_.empty() ? "" : all_.front().name)) {}

task<> lease_renewer::run() {
    const auto keep_running = asio::make_work_guard(loop_);
    // Stopped, not left to run out of work: the alarm of its connection may still be set.
    worker_threads thread(
        1, [this] { loop_.run(); }, [this] { loop_.stop(); });
    auto renewals = renew_until_stopped();
    co_await asio::co_spawn(loop_.get_executor(), std::move(renewals), use_task);
}

void lease_renewer::stop() {
    asio::post(loop_, [this] {
        access_.closed = true;
        redis_.interrupt();
    });
}

// A late renewal takes an order back from a consumer that has taken it over meanwhile. That is harmless: the order is
// in hand there, too, and the first to end acknowledges it.
task<> lease_renewer::renew_until_stopped() {
    while (co_await redis_.sleep(lease_ / 3)) {
        auto due = co_await unread();
        const auto in_hand = leases_.renewals();  // later: what is read meanwhile is renewed by one of the two
        due.insert(due.end(), in_hand.begin(), in_hand.end());
        std::vector<redis_command> commands;
        for (const auto& d : due) commands.push_back(renewal_of(access_.keys, d));
        if (commands.empty()) continue;
        const auto replies = co_await redis_.ask(std::move(commands));
        if (replies.empty()) continue;
        std::vector<std::string> renewed;
        for (const auto& reply : replies) std::ranges::move(ids_renewed(*reply), std::back_inserter(renewed));
        leases_.give_back_unrenewed(in_hand, renewed);
    }
}

task<std::vector<lease_book::renewal>> lease_renewer::unread() {
    std::vector<lease_book::renewal> out;
    std::vector<redis_command> commands;
    for (const auto& one : all_) commands.push_back(pending_with(access_.keys, one.name));
    if (commands.empty()) co_return out;
    const auto replies = co_await redis_.ask(std::move(commands));
    for (std::size_t i = 0; i < replies.size(); ++i) {
        const leaseholder& one = all_[i];
        std::vector<std::string> entries;
        for (const auto& row : entries_pending(*replies[i]))
            if (!leases_.holds(row.id)) entries.push_back(row.id);
        auto due = unread_.among(std::move(entries), one.name, one.redis->exchange());
        if (!due.empty()) out.push_back({one.name, std::move(due)});
    }
    co_return out;
}

}  // namespace pipebench

#include "redis/stream_consumer.hpp"

#include "redis/reconnect_pace.hpp"

#include <fcntl.h>

#include <boost/asio/redirect_error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace pipebench {
namespace {

constexpr const char* beginning = "0-0";  ///< of XAUTOCLAIM's cursor, and its end

std::string milliseconds(duration d) {
    return std::to_string(std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::milliseconds>(d).count()));
}

std::string describe(const outcome& o) {
    return o.stored() ? "stored" : fmt::format("failed:{}:{}", name_of(o.at), name_of(o.kind));
}

redis_command result_of(const order_stream_keys& keys, order_id id, const outcome& o) {
    return {"XADD", keys.results, "*", "order", std::to_string(id), "outcome", describe(o)};
}

redis_command acknowledgement(const order_stream_keys& keys, const std::vector<std::string>& entries) {
    redis_command out{"XACK", keys.orders, order_stream_keys::group};
    out.insert(out.end(), entries.begin(), entries.end());
    return out;
}

/// A list of one: g++ 12 cannot build it inside a co_await expression.
std::vector<redis_command> only(redis_command one) {
    std::vector<redis_command> out;
    out.push_back(std::move(one));
    return out;
}

}  // namespace

stream_consumer::stream_consumer(stream_consumers& all, executor ex, std::string name)
    : all_(all),
      name_(std::move(name)),
      redis_(ex),
      nap_(ex),
      random_(static_cast<std::minstd_rand::result_type>(std::hash<std::string>{}(name_))),
      cursor_(beginning) {}

bool stream_consumer::closed() const noexcept { return all_.closed_; }

// --- asking a Redis that may be away ---

task<std::vector<redis_reply>> stream_consumer::try_once(std::vector<redis_command> commands, duration wait) {
    if (!connected_) co_await redis_.connect(all_.address_, all_.limits_.reply);
    connected_ = true;
    auto replies = co_await redis_.pipeline(std::move(commands), wait);
    for (const auto& reply : replies) throw_if_error(*reply);
    co_return replies;
}

/// The replies, none of them an error; or nothing at all when closed and Redis is away.
task<std::vector<redis_reply>> stream_consumer::ask(std::vector<redis_command> commands, duration wait) {
    reconnect_pace pace(all_.limits_.patience, random_());
    bool group_lost = false;
    for (;;) {
        std::exception_ptr failure;
        try {
            if (std::exchange(group_lost, false)) {
                auto group = only(create_group(all_.keys_));
                co_await try_once(std::move(group), {});
            }
            co_return co_await try_once(commands, wait);
        } catch (const redis_lost&) {
            connected_ = false;
            failure = std::current_exception();
        } catch (const redis_refusal& e) {
            if (e.group_exists()) continue;  // another consumer made it
            if (!e.group_lost() && !e.still_loading()) throw;
            group_lost = e.group_lost();
            failure = std::current_exception();
        }
        if (closed()) co_return std::vector<redis_reply>{};
        const auto pause = pace.next(reconnect_pace::clock::now());
        if (!pause) std::rethrow_exception(failure);
        co_await sleep(*pause);
    }
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
    if (interruptible_) redis_.close();
}

// --- taking orders ---

task<std::vector<stream_order>> stream_consumer::acknowledge_and_read(std::vector<stream_order> done, unsigned count,
                                                                      duration block) {
    std::vector<stream_order> none;
    if (closed()) {
        co_await acknowledge(done);
        co_return none;
    }
    auto commands = acknowledgements(done);
    commands.push_back({"XREADGROUP", "GROUP", order_stream_keys::group, name_, "COUNT", std::to_string(count),
                        "BLOCK", milliseconds(block), "STREAMS", all_.keys_.orders, ">"});
    interruptible_ = true;
    const auto replies = co_await ask(std::move(commands), block);
    interruptible_ = false;
    forget(done);
    if (replies.empty()) co_return none;
    auto entries = entries_read(*replies.back());
    co_return co_await take(std::move(entries));
}

task<std::vector<stream_order>> stream_consumer::take(std::vector<stream_entry> entries) {
    std::vector<stream_order> out;
    std::vector<std::string> empty;
    for (auto& entry : entries) {
        const auto id = order_in(entry);
        if (id == 0) empty.push_back(std::move(entry.id));  // deleted meanwhile, or never an order
        else if (all_.in_hand_.emplace(entry.id, name_).second) out.push_back({id, std::move(entry.id)});
    }
    co_await drop(std::move(empty));
    co_return out;
}

/// Acknowledges entries that hold no order, and those that are not pending any more: to both it does no harm.
task<> stream_consumer::drop(std::vector<std::string> entries) {
    if (entries.empty()) co_return;
    auto command = only(acknowledgement(all_.keys_, entries));
    co_await ask(std::move(command));
    for (const auto& entry : entries) all_.in_hand_.erase(entry);
}

/// XADD of the results, then XACK: who dies in between leaves an order that comes again, not one without a result.
std::vector<redis_command> stream_consumer::acknowledgements(const std::vector<stream_order>& orders) const {
    std::vector<redis_command> commands;
    std::vector<std::string> done;
    for (const auto& o : orders) {
        if (!o.result) continue;
        commands.push_back(result_of(all_.keys_, o.id, *o.result));
        done.push_back(o.entry);
    }
    if (!done.empty()) commands.push_back(acknowledgement(all_.keys_, done));
    return commands;
}

void stream_consumer::forget(const std::vector<stream_order>& orders) {
    for (const auto& o : orders) all_.in_hand_.erase(o.entry);
}

task<> stream_consumer::acknowledge(const std::vector<stream_order>& orders) {
    auto commands = acknowledgements(orders);
    if (!commands.empty()) co_await ask(std::move(commands));
    forget(orders);
}

// --- taking over ---

task<> stream_consumer::claim(duration lease) {
    std::vector<std::string> entries;
    for (std::size_t pages = 0; pages < max_pages && claimed_.size() + entries.size() < max_claimed; ++pages) {
        auto command = only({"XAUTOCLAIM", all_.keys_.orders, order_stream_keys::group, name_, milliseconds(lease),
                             cursor_, "COUNT", std::to_string(max_claimed), "JUSTID"});
        const auto replies = co_await ask(std::move(command));
        if (replies.empty()) co_return;
        auto page = ids_claimed(*replies.front());
        cursor_ = std::move(page.cursor);
        for (auto& id : page.ids) {
            // One that is in hand, and was renewed too late, is left where it is, but its owner is another one now.
            const bool left_behind = all_.in_hand_.insert_or_assign(id, name_).second;
            if (left_behind) entries.push_back(std::move(id));
        }
        if (cursor_ == beginning) break;
    }
    co_await count_deliveries(std::move(entries));
}

/// XAUTOCLAIM does not tell how often an entry was delivered; XPENDING does.
task<> stream_consumer::count_deliveries(std::vector<std::string> entries) {
    std::vector<redis_command> commands;
    for (const auto& id : entries)
        commands.push_back({"XPENDING", all_.keys_.orders, order_stream_keys::group, id, id, "1", name_});
    if (commands.empty()) co_return;
    const auto replies = co_await ask(std::move(commands));
    for (std::size_t i = 0; i < replies.size(); ++i) {
        const auto rows = entries_pending(*replies[i]);
        if (rows.empty()) all_.in_hand_.erase(entries[i]);  // done meanwhile: somebody was only slow
        else claimed_.push_back({0, entries[i], std::nullopt, rows.front().deliveries});
    }
}

task<std::vector<stream_order>> stream_consumer::exhausted(unsigned max_deliveries) {
    std::vector<stream_order> out;
    std::vector<redis_command> commands;
    for (const auto& o : claimed_) {
        if (o.deliveries < max_deliveries) continue;
        out.push_back(o);
        commands.push_back({"XRANGE", all_.keys_.orders, o.entry, o.entry});  // its number, without a delivery
    }
    std::erase_if(claimed_, [&](const stream_order& o) { return o.deliveries >= max_deliveries; });
    if (out.empty()) co_return out;
    const auto replies = co_await ask(std::move(commands));
    if (replies.empty()) co_return std::vector<stream_order>{};
    std::vector<std::string> empty;
    for (std::size_t i = 0; i < replies.size(); ++i) {
        const auto entries = entries_listed(*replies[i]);
        out[i].id = entries.empty() ? 0 : order_in(entries.front());
        if (out[i].id == 0) empty.push_back(out[i].entry);
    }
    std::erase_if(out, [](const stream_order& o) { return o.id == 0; });
    co_await drop(std::move(empty));
    co_return out;
}

task<> stream_consumer::dead_letter(const std::vector<stream_order>& orders) {
    for (const auto& o : orders) {
        std::vector<redis_command> commands;
        commands.push_back({"MULTI"});
        commands.push_back({"XADD", all_.keys_.dead, "*", "order", std::to_string(o.id), "entry", o.entry,
                            "deliveries", std::to_string(o.deliveries)});
        commands.push_back(result_of(all_.keys_, o.id, dead_lettered));
        commands.push_back(acknowledgement(all_.keys_, {o.entry}));
        commands.push_back({"EXEC"});
        const auto replies = co_await ask(std::move(commands));
        if (!replies.empty()) throw_if_aborted(*replies.back());
        all_.in_hand_.erase(o.entry);
    }
}

/// Up to `count` that were delivered once; when there are none left, one suspect.
std::vector<stream_order> stream_consumer::next_claimed(unsigned count) {
    std::vector<stream_order> out;
    std::erase_if(claimed_, [&](stream_order& o) {
        const bool now = o.deliveries < suspect_deliveries && out.size() < count;
        if (now) out.push_back(std::move(o));
        return now;
    });
    if (!out.empty() || claimed_.empty()) return out;
    out.push_back(std::move(claimed_.front()));
    claimed_.pop_front();
    return out;
}

task<std::vector<stream_order>> stream_consumer::deliver(unsigned count) {
    while (!claimed_.empty()) {
        const auto next = next_claimed(count);
        redis_command command{"XCLAIM", all_.keys_.orders, order_stream_keys::group, name_, "0"};
        for (const auto& o : next) command.push_back(o.entry);
        auto commands = only(std::move(command));
        const auto replies = co_await ask(std::move(commands));
        if (replies.empty()) break;
        for (const auto& o : next) all_.in_hand_.erase(o.entry);
        auto entries = entries_listed(*replies.front());
        std::vector<std::string> gone;
        for (const auto& o : next)
            if (std::ranges::find(entries, o.entry, &stream_entry::id) == entries.end()) gone.push_back(o.entry);
        auto out = co_await take(std::move(entries));
        co_await drop(std::move(gone));
        if (!out.empty()) co_return out;
    }
    co_return std::vector<stream_order>{};
}

task<bool> stream_consumer::next_check(duration lease) {
    if (cursor_ != beginning) co_return !closed();
    const double share = std::uniform_real_distribution<>(0.4, 0.6)(random_);  // so that processes do not meet
    co_return co_await sleep(std::chrono::duration_cast<duration>(lease * share));
}

// --- renewing ---

// A renewal that comes too late takes an order back from whoever has taken it over meanwhile. That does no harm: the
// order is in hand there, too, and whoever ends first acknowledges it.
task<> stream_consumer::renew(duration lease) {
    while (co_await sleep(lease / 3)) {
        std::vector<redis_command> commands;
        std::map<std::string, std::size_t> command_of;  // an owner's that is not full yet
        std::set<std::string> lost;
        for (const auto& [entry, owner] : all_.in_hand_) {
            auto [at, first] = command_of.try_emplace(owner, commands.size());
            if (!first && commands[at->second].size() >= ids_per_renewal) at->second = commands.size(), first = true;
            if (first) commands.push_back({"XCLAIM", all_.keys_.orders, order_stream_keys::group, owner, "0"});
            commands[at->second].push_back(entry);
            lost.insert(entry);
        }
        if (commands.empty()) continue;
        for (auto& command : commands) command.push_back("JUSTID");
        const auto replies = co_await ask(std::move(commands));
        if (replies.empty()) continue;
        for (const auto& reply : replies)
            for (const auto& entry : ids_renewed(*reply)) lost.erase(entry);
        for (const auto& entry : lost) all_.in_hand_.erase(entry);  // not pending any more: nothing to renew
    }
}

// --- the consumers of a process ---

stream_consumers::stream_consumers(executor ex, const order_stream& stream, consumer_limits limits)
    : executor_(ex), keys_(stream.keys_), address_(stream.address_), limits_(limits), parent_(ex) {}

stream_consumer& stream_consumers::add_consumer() {
    return members_.emplace_back(*this, executor_, fmt::format("{}-{}", ::getpid(), members_.size()));
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

#include "redis/stream_consumer.hpp"

#include "contracts/session_cards.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/redirect_error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace pipebench {
namespace {

using clock = std::chrono::steady_clock;

constexpr const char* beginning = "0-0";  ///< of XAUTOCLAIM's cursor, and its end

std::string milliseconds(duration d) {
    return std::to_string(std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::milliseconds>(d).count()));
}

redis_command acknowledgement(const order_stream_keys& keys, const std::vector<std::string>& entries) {
    redis_command out{"XACK", keys.orders, order_stream_keys::group};
    out.insert(out.end(), entries.begin(), entries.end());
    return out;
}

/// XPENDING for one entry, because XAUTOCLAIM does not return how often an entry was delivered.
redis_command pending_row(const order_stream_keys& keys, const std::string& entry, const std::string& owner) {
    return {"XPENDING", keys.orders, order_stream_keys::group, entry, entry, "1", owner};
}

}  // namespace

stream_consumer::stream_consumer(const stream_access& access, lease_book& leases, executor ex, std::string name)
    : keys_(access.keys),
      instance_(access.instance),
      last_order_(access.limits.last_order),
      leases_(leases),
      spans_(access.spans),
      name_(std::move(name)),
      redis_(access, ex, std::hash<std::string>{}(name_)),
      random_(static_cast<std::minstd_rand::result_type>(std::hash<std::string>{}(name_))),
      cursor_(beginning) {}

// --- taking orders ---

task<std::vector<stream_order>> stream_consumer::acknowledge_and_read(std::vector<stream_order> done, unsigned count,
                                                                      duration block) {
    std::vector<stream_order> none;
    if (closed()) {
        co_await acknowledge(done);
        co_return none;
    }
    auto commands = acknowledgements(done);
    if (spans_.is_on()) {  // its answer comes with that of the read, which may be a block time away
        const auto now = clock::now();
        trace_acknowledgement(done, now, now);
    }
    commands.push_back({"XREADGROUP", "GROUP", order_stream_keys::group, name_, "COUNT", std::to_string(count),
                        "BLOCK", milliseconds(block), "STREAMS", keys_.orders, ">"});
    const auto replies = co_await redis_.ask_interruptibly(std::move(commands), block);
    if (replies.empty()) {
        give_back(done);
        co_return none;
    }
    auto entries = entries_read(*replies.back());
    auto taken = co_await take(std::move(entries));  // first, so that their leases are renewed meanwhile
    const bool refused = std::ranges::any_of(replies, [](const redis_reply& r) { return is_refused(*r); });
    if (refused) co_await acknowledge(done);
    else give_back(done);
    co_return taken;
}

task<std::vector<stream_order>> stream_consumer::take(std::vector<stream_entry> entries) {
    std::vector<stream_order> out;
    std::vector<std::string> empty;
    for (auto& entry : entries) {
        const auto id = order_in(entry);
        // Deleted meanwhile, never an order, or put there by somebody else.
        if (id == 0 || id > last_order_) empty.push_back(std::move(entry.id));
        else if (leases_.take(entry.id, name_)) out.push_back({id, std::move(entry.id)});
    }
    co_await drop(std::move(empty));
    co_return out;
}

/// Acknowledges entries that hold no order, and entries that are not pending any more, which is harmless.
task<> stream_consumer::drop(std::vector<std::string> entries) {
    if (entries.empty()) co_return;
    auto command = only(acknowledgement(keys_, entries));
    co_await redis_.ask(std::move(command));
    for (const auto& entry : entries) leases_.give_back(entry);
}

/// One transaction: an order that is acknowledged has a result, even if Redis runs out of memory for it.
std::vector<redis_command> stream_consumer::acknowledgements(const std::vector<stream_order>& orders) const {
    std::vector<redis_command> commands{{"MULTI"}};
    std::vector<std::string> done;
    for (const auto& o : orders) {
        if (!o.result) continue;
        commands.push_back(add_result(keys_, {o.id, *o.result, o.service, instance_}));
        done.push_back(o.entry);
    }
    if (done.empty()) return {};
    commands.push_back(acknowledgement(keys_, done));
    commands.push_back({"EXEC"});
    return commands;
}

void stream_consumer::give_back(const std::vector<stream_order>& orders) {
    for (const auto& o : orders) leases_.give_back(o.entry);
}

task<> stream_consumer::acknowledge(const std::vector<stream_order>& orders) {
    auto commands = acknowledgements(orders);
    const auto sent = spans_.is_on() ? clock::now() : clock::time_point{};
    if (!commands.empty()) co_await redis_.ask(std::move(commands));
    if (spans_.is_on()) trace_acknowledgement(orders, sent, clock::now());
    give_back(orders);
}

void stream_consumer::trace_acknowledgement(const std::vector<stream_order>& orders, clock::time_point sent,
                                            clock::time_point answered) const noexcept {
    for (const auto& o : orders)
        if (o.result && spans_.takes(o.id))
            spans_.add(
                {.order = o.id, .begin_ns = ns_of(sent), .end_ns = ns_of(answered), .what = span_kind::acknowledge});
}

// --- taking over ---

task<> stream_consumer::claim(duration lease) {
    for (std::size_t pages = 0; pages < max_pages && leases_.has_room(); ++pages) {
        auto command = only({"XAUTOCLAIM", keys_.orders, order_stream_keys::group, name_, milliseconds(lease),
                             cursor_, "COUNT", std::to_string(lease_book::max_waiting), "JUSTID"});
        const auto replies = co_await redis_.ask(std::move(command));
        if (replies.empty()) co_return;
        auto page = ids_claimed(*replies.front());
        cursor_ = std::move(page.cursor);
        for (const auto& entry : page.ids) leases_.take_over(entry, name_);
        if (cursor_ == beginning) break;
    }
    co_await count_deliveries();
}

task<> stream_consumer::count_deliveries() {
    const auto entries = leases_.uncounted();
    std::vector<redis_command> commands;
    for (const auto& entry : entries) commands.push_back(pending_row(keys_, entry, name_));
    if (commands.empty()) co_return;
    const auto replies = co_await redis_.ask(std::move(commands));
    for (std::size_t i = 0; i < replies.size(); ++i) {
        const auto rows = entries_pending(*replies[i]);
        if (rows.empty()) leases_.count(entries[i], std::nullopt);  // done meanwhile by a slow consumer
        else leases_.count(entries[i], rows.front().deliveries);
    }
}

task<std::vector<stream_order>> stream_consumer::exhausted(unsigned max_deliveries) {
    std::vector<stream_order> out;
    std::vector<redis_command> commands;
    for (auto& e : leases_.exhausted(max_deliveries)) {
        commands.push_back({"XRANGE", keys_.orders, e.entry, e.entry});  // reads the order's id without a delivery
        out.push_back({0, std::move(e.entry), std::nullopt, e.deliveries, {}});
    }
    if (out.empty()) co_return out;
    const auto replies = co_await redis_.ask(std::move(commands));
    if (replies.empty()) co_return std::vector<stream_order>{};
    std::vector<std::string> empty;
    for (std::size_t i = 0; i < replies.size(); ++i) {
        const auto entries = entries_listed(*replies[i]);
        out[i].id = entries.empty() ? 0 : order_in(entries.front());
        if (out[i].id > last_order_) out[i].id = 0;
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
        commands.push_back({"XADD", keys_.dead, "*", "order", std::to_string(o.id), "entry", o.entry, "deliveries",
                            std::to_string(o.deliveries)});
        commands.push_back(add_result(keys_, {o.id, dead_lettered, {}, instance_}));
        commands.push_back(acknowledgement(keys_, {o.entry}));
        commands.push_back({"EXEC"});
        const auto replies = co_await redis_.ask(std::move(commands));
        if (!replies.empty()) throw_if_aborted(*replies.back());
        leases_.give_back(o.entry);
    }
}

task<std::vector<stream_order>> stream_consumer::deliver(unsigned count) {
    for (auto next = leases_.next_to_deliver(count); !next.empty(); next = leases_.next_to_deliver(count)) {
        redis_command command{"XCLAIM", keys_.orders, order_stream_keys::group, name_, "0"};
        for (const auto& o : next) command.push_back(o.entry);
        auto commands = only(std::move(command));
        const auto replies = co_await redis_.ask(std::move(commands));
        if (replies.empty()) break;
        auto entries = entries_listed(*replies.front());
        std::vector<std::string> gone;
        for (const auto& o : next) {
            leases_.give_back(o.entry);
            if (std::ranges::find(entries, o.entry, &stream_entry::id) == entries.end()) gone.push_back(o.entry);
        }
        auto out = co_await take(std::move(entries));
        co_await drop(std::move(gone));
        if (!out.empty()) co_return out;
    }
    co_return std::vector<stream_order>{};
}

task<bool> stream_consumer::next_check(duration lease) {
    if (cursor_ != beginning) co_return !closed();
    // Random, so that the processes do not all claim at once.
    const double share = std::uniform_real_distribution<>(0.4, 0.6)(random_);
    co_return co_await sleep(std::chrono::duration_cast<duration>(lease * share));
}

// --- the consumers of a process ---

stream_consumers::stream_consumers(executor ex, const order_stream& stream, stream_limits limits)
    : executor_(ex),
      access_{stream.address_, stream.keys_, limits, stream.instance_, stream.spans_},
      name_(fmt::format("{}{}{}", stream.instance_, stream.instance_.empty() ? "" : "-", new_instance_id())),
      parent_(ex) {}

stream_consumer& stream_consumers::add_consumer() {
    return members_.emplace_back(access_, leases_, executor_, fmt::format("{}-{}", name_, members_.size()));
}

std::vector<leaseholder> stream_consumers::holders() const {
    std::vector<leaseholder> all;
    for (const auto& member : members_) all.push_back(member.as_leaseholder());
    return all;
}

task<> stream_consumers::renew(duration lease) {
    if (access_.closed) co_return;
    renewer_.emplace(access_, leases_, lease, holders());
    co_await renewer_->run();
}

task<> stream_consumers::close_with(const message_channel& parent) {
    boost::system::error_code ec;
    parent_.assign(::fcntl(parent.native(), F_DUPFD_CLOEXEC, 0));
    if (!access_.closed)
        co_await parent_.async_wait(asio::posix::descriptor_base::wait_read, asio::redirect_error(use_task, ec));
    close();
}

void stream_consumers::close() noexcept {
    if (std::exchange(access_.closed, true)) return;
    boost::system::error_code ignored;
    parent_.cancel(ignored);
    for (auto& member : members_) member.interrupt();
    if (renewer_) renewer_->stop();
}

}  // namespace pipebench

#include "redis/order_producer.hpp"

#include "contracts/number.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

namespace pipebench {
namespace {

using clock = reconnect_pace::clock;

constexpr std::uint64_t orders_per_chunk = 1000;  ///< XADDs in one round trip
constexpr std::size_t entries_per_page = 1000;    ///< of XRANGE and XREAD
constexpr std::chrono::milliseconds results_wait{100};
constexpr std::chrono::milliseconds no_wait{1};  ///< 0 would block without limit
constexpr const char* first_result = "0-0";

}  // namespace

order_producer::order_producer(const order_stream& stream, producer_settings settings)
    : keys_(stream.keys_),
      address_(stream.address_),
      settings_(std::move(settings)),
      orders_(settings_.orders),
      last_result_(first_result) {
    if (settings_.arrivals != nullptr) feeder_.emplace(keys_, *settings_.arrivals, orders_);
    connect();
}

void order_producer::connect() {
    redis_.emplace(address_, settings_.limits.reply, patience{}, feeder_ ? &*feeder_ : nullptr);
    if (feeder_) feeder_->connect(address_, settings_.limits.reply);
}

void order_producer::add_all() {
    while (!settings_.stop.requested() && !attempt([&] { add_missing(); })) {
    }
}

void order_producer::read_results() {
    attempt([&] {
        if (take_results(results_wait) > 0) {
            additions_ = 0;
            return;
        }
        if (settings_.result) create_group_once(*redis_, keys_);  // workers elsewhere do not make it anew
        std::optional<order_feeder::rest> no_additions;
        if (feeder_) no_additions.emplace(*feeder_);
        // No entry is removed from the stream during a run: a shorter stream has lost some.
        if (stream_length() < length_ + (feeder_ ? feeder_->added() : 0)) {
            open_loss(loss::kind::stream_gone);
            make_up_for_loss();
        } else if (orders_.done_count() < last_added() && all_acknowledged()) {
            make_up_for_lost_results();
        }
    });
}

/// Reconnects first if the connection was lost. Returns false, after a pause, if Redis is away.
bool order_producer::attempt(const std::function<void()>& work) try {
    if (!redis_) reconnect();
    work();
    return true;
} catch (const redis_error& e) {
    if (!is_away(e)) throw;
    redis_.reset();
    if (feeder_) feeder_->disconnect();
    open_loss(loss::kind::redis_away);
    const auto delay = loss_->pace.next(clock::now());
    if (!delay) throw redis_lost(settings_.limits.when_given_up(e.what()));
    pause(*delay);
    return false;
}

/// Orders go on arriving.
void order_producer::pause(duration time) {
    const auto end = clock::now() + time;
    while (feeder_ && clock::now() < end) {
        feeder_->run();
        std::this_thread::sleep_until(std::min(end, feeder_->next()));
    }
    std::this_thread::sleep_until(end);
}

/// Orders beyond it have not arrived.
order_id order_producer::last_added() const noexcept { return feeder_ ? feeder_->last_taken() : settings_.orders; }

void order_producer::open_loss(loss::kind what) {
    if (!loss_)
        loss_.emplace(loss{{settings_.limits.patience, static_cast<std::uint64_t>(::getpid())}, clock::now(), what});
}

void order_producer::reconnect() {
    connect();
    if (loss_) make_up_for_loss();
}

void order_producer::make_up_for_loss() {
    last_result_ = first_result;
    add_missing();
    close_loss();
}

void order_producer::close_loss() {
    if (settings_.note) settings_.note(describe_loss());
    loss_.reset();
}

/// Whether every entry of the stream was delivered and is done. Its result was added in the same transaction, so a
/// result that is not there now will not come. Only we add entries, so the stream does not grow between the questions.
bool order_producer::all_acknowledged() {
    const auto group = group_in(*redis_->command({"XINFO", "GROUPS", keys_.orders}), order_stream_keys::group);
    if (!group || group->pending != 0u) return false;
    return group->last_delivered == last_id_in(*redis_->command({"XINFO", "STREAM", keys_.orders}));
}

/// Adds the orders without a result, although they are on the stream.
void order_producer::make_up_for_lost_results() {
    take_all_results();
    if (orders_.done_count() >= last_added()) return;
    last_result_ = first_result;  // whoever deleted the results may have deleted those behind the last one, too
    take_all_results();
    if (orders_.done_count() >= last_added()) return;
    if (++additions_ > max_additions)
        throw redis_error(fmt::format("Redis: results are missing, although their orders were acknowledged {} times",
                                      max_additions));
    open_loss(loss::kind::results_gone);
    orders_.forget_stream();
    add_where_missing();
    close_loss();
}

std::string order_producer::describe_loss() const {
    const auto again = counted(loss_->added, "order", "orders") + " added again";
    if (loss_->what == loss::kind::stream_gone) return "The stream in Redis was lost: " + again;
    if (loss_->what == loss::kind::results_gone) return "Results in Redis were lost: " + again;
    const std::chrono::duration<double> away = clock::now() - loss_->since;
    return fmt::format("Redis was away for {:.1f} s and {}: {}", away.count(),
                       loss_->came_back_empty ? "came back empty" : "came back", again);
}

void order_producer::take_all_results() {
    while (take_results(no_wait) > 0) {
    }
}

void order_producer::add_missing() {
    take_all_results();
    list_stream();
    add_where_missing();
}

void order_producer::add_where_missing() {
    auto chunk = orders_.missing_after(0, orders_per_chunk, last_added());
    while (!chunk.empty() && !settings_.stop.requested()) {
        add(chunk);
        chunk = orders_.missing_after(chunk.back(), orders_per_chunk, last_added());
    }
}

// As one transaction: otherwise a waiting worker would get the first order alone, and its batch would not be full.
void order_producer::add(const std::vector<order_id>& orders) {
    std::vector<redis_command> commands{{"MULTI"}};
    for (const auto id : orders) commands.push_back({"XADD", keys_.orders, "*", "order", std::to_string(id)});
    commands.push_back({"EXEC"});
    throw_if_aborted(*redis_->pipeline(commands).back());
    length_ += orders.size();
    for (const auto id : orders)
        if (orders_.mark_added(id) && loss_) ++loss_->added;
}

/// Finds out which orders are on the stream, done or not.
void order_producer::list_stream() {
    orders_.forget_stream();
    length_ = stream_length();
    if (feeder_) feeder_->count_from_here();
    if (loss_ && length_ == 0) loss_->came_back_empty = true;
    std::string from = "-";
    for (std::size_t read = length_ == 0 ? 0 : entries_per_page; read == entries_per_page;) {
        const auto page = entries_listed(
            *redis_->command({"XRANGE", keys_.orders, from, "+", "COUNT", std::to_string(entries_per_page)}));
        for (const auto& entry : page) orders_.mark_found(order_in(entry));
        if (!page.empty()) from = "(" + page.back().id;  // from the next one on
        read = page.size();
    }
}

std::uint64_t order_producer::stream_length() { return count_in(*redis_->command({"XLEN", keys_.orders})); }

/// Returns the number of entries read.
std::size_t order_producer::take_results(std::chrono::milliseconds wait) {
    const auto entries =
        entries_read(*redis_->command({"XREAD", "COUNT", std::to_string(entries_per_page), "BLOCK",
                                       std::to_string(wait.count()), "STREAMS", keys_.results, last_result_},
                                      wait));
    for (const auto& entry : entries) {
        last_result_ = entry.id;
        take_result(entry);
    }
    return entries.size();
}

void order_producer::take_result(const stream_entry& entry) {
    if (!settings_.result) {
        orders_.mark_done(order_in(entry));
        return;
    }
    const auto said = result_in(entry);
    if (!said || said->order > last_added()) {
        if (!std::exchange(told_strange_, true) && settings_.note)
            settings_.note(
                "the stream of results holds an entry that no worker has added: it was ignored, as are all others");
        return;
    }
    const bool is_first = orders_.mark_done(said->order);
    // After a loss the stream is read again from its beginning: a repetition counts once. The first result of an order
    // counts in any case, also if a Redis that took over has a clock that is behind.
    const auto position = position_of(entry.id);
    if (is_first || position > last_told_) settings_.result(*said);
    last_told_ = std::max(last_told_, position);
}

}  // namespace pipebench

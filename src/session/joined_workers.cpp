#include "session/joined_workers.hpp"

#include "contracts/error.hpp"
#include "contracts/number.hpp"
#include "contracts/units.hpp"
#include "contracts/without_signals.hpp"
#include "redis/order_stream.hpp"
#include "redis/redis_client.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <tuple>
#include <utility>

namespace pipebench {
namespace {

using namespace std::chrono_literals;

constexpr duration reply_limit = 2s;
constexpr duration limit_at_end = 1s;
constexpr duration drain_limit = 90s;  ///< of workers, beyond their orders' own limits
constexpr std::chrono::milliseconds look_again{20};
constexpr std::size_t most_warnings = 20;
constexpr auto workers_last = "60000";  ///< ms that the workers' cards outlive the session

std::string milliseconds(std::chrono::milliseconds d) { return std::to_string(d.count()); }

}  // namespace

joined_workers::joined_workers(join_settings settings, const std::string& redis, session_card card,
                               const patience& until, tell_change tell)
    : settings_(std::move(settings)),
      redis_(redis),
      keys_(settings_.name),
      tell_(std::move(tell)),
      card_(std::move(card)) {
    card_.session = new_instance_id();
    take_name(until);
    const without_signals guard;  // the main thread reads them
    thread_ = std::thread([this] { keep_alive(); });
}

joined_workers::~joined_workers() {
    {
        const std::lock_guard lock(mutex_);
        over_ = true;
    }
    wake_.notify_all();
    thread_.join();
    give_name_up();
}

/// Unless another session has taken it. What cannot be deleted expires.
void joined_workers::give_name_up() noexcept try {
    redis_client client(parse_redis_address(redis_), limit_at_end);
    if (value_in(*client.command({"GET", keys_.owner})) == card_.session)
        client.command({"DEL", keys_.owner, keys_.card, keys_.workers});
} catch (const std::exception&) {
}

/// The name of a session that was killed is free once it has expired; one that lives renews it meanwhile.
void joined_workers::take_name(const patience& until) {
    redis_client client(parse_redis_address(redis_), reply_limit, until);
    constexpr long long expired = -2;
    bool was_seen = false;  // what is left at the first look says nothing
    long long left_before = std::chrono::milliseconds(name_lasts).count();
    for (;;) {
        const auto taken = client.command({"SET", keys_.owner, card_.session, "NX", "PX", milliseconds(name_lasts)});
        if (taken->type != REDIS_REPLY_NIL) break;
        const auto left = client.command({"PTTL", keys_.owner});
        if (left->type == REDIS_REPLY_INTEGER && left->integer == expired) continue;
        // One that lives renews it twice a second; one that was killed loses a second between two looks.
        const bool is_held =
            left->type != REDIS_REPLY_INTEGER || left->integer < 0 || left->integer > left_before - 500;
        if (is_held && std::exchange(was_seen, true))
            throw setup_error(fmt::format(
                "--session: a session '{}' is running: choose another name, or wait for its end", settings_.name));
        left_before = left->integer;
        if (until.wait(-1, 0, clock::now() + 1s) == wait_end::interrupted) throw interrupted();
    }
    client.command({"DEL", keys_.card, keys_.workers});
}

void joined_workers::keep_alive() {
    std::unique_lock lock(mutex_);
    while (!over_) {
        lock.unlock();
        std::string failure;
        try {
            exchange();
        } catch (const std::exception& e) {  // Redis is away: the run says so, if it matters
            client_.reset();
            failure = e.what();
        }
        lock.lock();
        failure_ = failure;
        wake_.wait_for(lock, beat, [this] { return over_ || changed_; });
        changed_ = false;
    }
}

/// Renews the name and the card, and reads the workers' cards.
void joined_workers::exchange() {
    std::string card;
    {
        const std::lock_guard lock(mutex_);
        card = to_text(card_);
    }
    if (!client_) client_.emplace(parse_redis_address(redis_), reply_limit);
    // Redis may have come back empty.
    const auto owner = client_->pipeline(
        {{"SET", keys_.owner, card_.session, "NX", "PX", milliseconds(name_lasts)}, {"GET", keys_.owner}});
    if (value_in(*owner.back()) != card_.session) {
        warn(fmt::format("another session has taken the name '{}' while Redis was away", settings_.name));
        return;
    }
    const auto replies = client_->pipeline({{"PEXPIRE", keys_.owner, milliseconds(name_lasts)},
                                            {"SET", keys_.card, card, "PX", milliseconds(name_lasts)},
                                            {"PEXPIRE", keys_.workers, workers_last},
                                            {"HGETALL", keys_.workers}});
    read_cards(hash_in(*replies.back()));
    forget_gone();
}

/// Of workers that have left, the cards are of no more use.
void joined_workers::forget_gone() {
    redis_command command{"HDEL", keys_.workers};
    {
        const std::lock_guard lock(mutex_);
        for (auto& instance : roll_.take_gone(clock::now())) command.push_back(std::move(instance));
    }
    if (command.size() > 2) client_->command(command);
}

void joined_workers::read_cards(const std::vector<std::pair<std::string, std::string>>& cards) {
    const auto now = clock::now();
    for (const auto& [instance, text] : cards) try {
            const auto card = parse_worker_card(text);
            if (card.instance != instance)
                throw setup_error("the card of a worker in Redis: it is of another worker");
            const std::lock_guard lock(mutex_);
            if (card.session == card_.session) roll_.take(card, now);
        } catch (const setup_error& e) {
            warn(e.what());
        }
}

void joined_workers::warn(const std::string& text) {
    const std::lock_guard lock(mutex_);
    if (std::ranges::find(told_, text) != told_.end() || told_.size() >= most_warnings) return;
    told_.push_back(text);
    warnings_.push_back(text);
}

std::vector<std::string> joined_workers::take_warnings() {
    const std::lock_guard lock(mutex_);
    return std::exchange(warnings_, {});
}

bool joined_workers::wait_until(const std::function<bool()>& holds, duration limit, const patience& until) {
    const auto deadline = clock::now() + limit;
    for (;;) {
        tell_changes();
        {
            const std::lock_guard lock(mutex_);
            if (holds()) return true;
        }
        if (clock::now() >= deadline) return false;
        if (until.wait(-1, 0, std::min(deadline, clock::now() + look_again)) == wait_end::interrupted)
            throw interrupted();
    }
}

void joined_workers::announce(const std::string& table, const std::string& stream, const patience& until) {
    redis_client redis(parse_redis_address(redis_), reply_limit, until);
    create_group_once(redis, order_stream_keys(stream));  // workers elsewhere do not make it
    {
        const std::lock_guard lock(mutex_);
        card_.phase = session_phase::waiting;
        ++card_.run;
        card_.table = table;
        card_.stream = stream;
        roll_.announce(card_.run);
        began_ = {};
        changed_ = true;
    }
    wake_.notify_all();
    if (wait_until([this] { return roll_.ready(clock::now()) >= settings_.expected; }, settings_.timeout, until))
        return;
    const std::lock_guard lock(mutex_);
    const auto there = roll_.names();
    throw setup_error(fmt::format("--expect-workers: {} of {} joined the session '{}' within {} (--join-timeout){}{}",
                                  roll_.ready(clock::now()), counted(settings_.expected, "worker", "workers"),
                                  settings_.name, format_duration(settings_.timeout),
                                  there.empty() ? "" : fmt::format(": {}", fmt::join(there, ", ")),
                                  failure_.empty() ? "" : fmt::format("; the last failure: {}", failure_)));
}

void joined_workers::tell_changes() {
    std::vector<worker_change> changes;
    clock::time_point began;
    {
        const std::lock_guard lock(mutex_);
        changes = roll_.take_changes(clock::now());
        began = began_;
    }
    for (const auto& change : changes) tell_(change, began);
}

void joined_workers::begin() {
    const std::lock_guard lock(mutex_);
    card_.phase = session_phase::running;
    changed_ = true;
    began_ = clock::now();
    alone_since_.reset();
}

void joined_workers::call_off() {
    const std::lock_guard lock(mutex_);
    card_.phase = session_phase::between;
    changed_ = true;
}

bool joined_workers::nobody_is_left() {
    const std::lock_guard lock(mutex_);
    const auto now = clock::now();
    if (roll_.present(now) > 0) alone_since_.reset();
    else if (!alone_since_) alone_since_ = now;
    return alone_since_ && now - *alone_since_ >= settings_.timeout;
}

std::vector<joined_worker> joined_workers::seen() {
    const std::lock_guard lock(mutex_);
    const auto now = clock::now();
    return roll_.seen_in(began_, now, now);
}

std::vector<joined_worker> joined_workers::finish(clock::time_point ended, const patience& until) {
    call_off();
    wake_.notify_all();
    try {
        std::ignore = wait_until([this] { return roll_.all_drained(clock::now()); }, drain_limit, until);
    } catch (const interrupted&) {  // what is known so far stands
    }
    tell_changes();
    const std::lock_guard lock(mutex_);
    return roll_.seen_in(began_, ended, clock::now());
}

}  // namespace pipebench

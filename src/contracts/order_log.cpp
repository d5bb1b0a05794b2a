#include "pipebench/order_log.hpp"

#include "contracts/arrival_schedule.hpp"
#include "contracts/record_board.hpp"
#include "contracts/run_reader.hpp"

#include <algorithm>

namespace pipebench {
namespace {

using clock = std::chrono::steady_clock;

constexpr outcome worker_died{stage::schedule, error_kind::worker_died};

/// A failure's stage and kind as one byte; never 0.
std::uint8_t code_of(const outcome& o) noexcept {
    static_assert(stage_count * error_kind_count < 255);
    return static_cast<std::uint8_t>(1 + static_cast<std::size_t>(o.at) * error_kind_count +
                                     static_cast<std::size_t>(o.kind));
}

shared_counter& failures_as(record_board& board, std::uint8_t code) noexcept {
    return board.failures[(code - 1) / error_kind_count][(code - 1) % error_kind_count];
}

/// Only the first failure counts: a later failure of another kind changes nothing.
void keep_first_failure(record_board& board, order_id id, const outcome& o) noexcept {
    std::uint8_t not_yet_failed = 0;
    board.failed_as(id).compare_exchange_strong(not_yet_failed, code_of(o), std::memory_order_relaxed);
}

void count_repetition(record_board& board, order_id id, const outcome& o) noexcept {
    add(board.repeated, 1);
    add(board.repeated_attempts, o.attempts);
    // The order was begun again and has ended twice: its first holder was alive.
    if (board.begun_again_bits().test_and_clear(id)) subtract(board.begun_again, 1);
}

/// The order had counted as failed, and is now stored.
void turn_failure_into_success(record_board& board, order_id id) noexcept {
    add(board.stored, 1);
    subtract(board.failed, 1);
    if (const auto code = board.failed_as(id).load(std::memory_order_relaxed); code != 0)
        subtract(failures_as(board, code), 1);
}

/// One that was turned away has no failure of its own to tell.
void list_failure(record_board& board, order_id id, const outcome& o) noexcept {
    if (o.kind != error_kind::overloaded) board.trouble.failed.add({id, now_ns(), o});
}

void count_failure(record_board& board, order_id id, const outcome& o) noexcept {
    add(board.failed, 1);
    list_failure(board, id, o);
    add(failures_as(board, board.failed_as(id).load(std::memory_order_relaxed)), 1);
}

/// A repetition in another process has already turned the failure of this order into a success, and so subtracted one
/// from `failed` before the failure was counted. Adds that one.
void make_up_for_repetition(record_board& board) noexcept { add(board.failed, 1); }

/// The first order that ends after a kill ends the recovery.
void mark_resumed(record_board& board) noexcept {
    if (board.killed_ns.load(std::memory_order_relaxed) == 0) return;
    std::int64_t not_yet = 0;
    board.resumed_ns.compare_exchange_strong(not_yet, now_ns(), std::memory_order_relaxed);
}

/// True at the order's first end.
bool count_end(record_board& board, order_id id, const outcome& given) noexcept {
    if (!board.was_ordered(id)) return false;  // the ledger will find its row
    // It may be the last message of a worker whose memory was spoilt: it must not become an index.
    const outcome o = is_valid(given) ? given : worker_died;
    add(board.http_attempts, o.attempts);
    add(board.store_attempts, o.stores);
    // Before the order counts as ended: a later success must find the failure that it replaces.
    if (!o.stored()) keep_first_failure(board, id, o);
    const bool has_ended_before = board.ended_bits().test_and_set(id);
    const bool is_first_success = o.stored() && !board.stored_bits().test_and_set(id);
    if (has_ended_before) {
        count_repetition(board, id, o);
        if (is_first_success) turn_failure_into_success(board, id);
        return false;
    }
    if (is_first_success) add(board.stored, 1);
    else if (o.stored()) make_up_for_repetition(board);
    else count_failure(board, id, o);
    mark_resumed(board);
    return true;
}

bool is_known(clock::time_point t) noexcept { return t != clock::time_point{}; }

/// Whether an order that arrives then comes after the warm-up.
bool is_in_window(const record_board& board, clock::time_point arrived) noexcept {
    return ns_of(arrived) - board.started_ns.load(std::memory_order_relaxed) >= board.window_begin_ns;
}

/// Of an open run. False if the order arrived before the window.
bool count_response(record_board& board, const order_log::ticket& t, const outcome& o,
                    clock::time_point now) noexcept {
    const std::int64_t elapsed = ns_of(now) - board.started_ns.load(std::memory_order_relaxed);
    if (o.stored() && elapsed >= board.window_begin_ns && elapsed <= board.window_end_ns)
        add(board.stored_in_window, 1);
    if (!is_in_window(board, t.arrived)) return false;
    if (is_known(t.began)) board.wait.count(t.began - t.arrived);
    if (!o.stored()) return true;
    const auto response = now - t.arrived;
    board.response.count(response);
    for (std::size_t i = 0; i < max_objectives && board.objective_ns[i] > 0; ++i)
        if (std::chrono::nanoseconds(response).count() < board.objective_ns[i]) add(board.on_time[i], 1);
    return true;
}

/// Of an order that is traced. `again`: it was begun before.
void trace_begin(const span_log& spans, const order_log::ticket& t, bool again) noexcept {
    const auto began = ns_of(t.began);
    if (is_known(t.arrived) && !again)
        spans.add({.order = t.id, .begin_ns = ns_of(t.arrived), .end_ns = began, .what = span_kind::wait});
    if (again) spans.add({.order = t.id, .begin_ns = began, .end_ns = began, .what = span_kind::redelivered});
}

void trace_end(const span_log& spans, order_id id, const outcome& o, clock::time_point now) noexcept {
    const auto ended = ns_of(now);
    spans.add(
        {.order = id, .begin_ns = ended, .end_ns = ended, .what = span_kind::ended, .at = o.at, .result = o.kind});
}

}  // namespace

void order_log::offer() noexcept { add(board_->offered, 1); }

void order_log::arrive(clock::time_point due, clock::duration late) noexcept {
    add(board_->offered, 1);
    if (is_in_window(*board_, due)) board_->lateness.count(late);
}

order_log::ticket order_log::begin(order_id id) noexcept {
    add(board_->begins, 1);
    // Begun before and not ended: its former holder has probably died, and will not end it.
    const bool again = id <= board_->orders && board_->begun_bits().test_and_set(id);
    if (again && !board_->ended_bits().test(id)) {
        add(board_->begun_again, 1);
        board_->begun_again_bits().test_and_set(id);
    }
    const bool timed = !board_->findings.untimed.load(std::memory_order_relaxed);
    const ticket t{id, timed ? clock::now() : clock::time_point{},
                   when_ ? started() + when_->at(id) : clock::time_point{}};
    if (const auto spans = run_findings(board_->findings).spans(); spans.takes(id)) trace_begin(spans, t, again);
    return t;
}

clock::duration order_log::end(const ticket& t, const outcome& o) noexcept {
    const bool is_first = count_end(*board_, t.id, o);
    if (board_->findings.untimed.load(std::memory_order_relaxed)) return {};
    const auto now = clock::now();
    if (const auto spans = run_findings(board_->findings).spans(); spans.takes(t.id)) trace_end(spans, t.id, o, now);
    const auto service = is_known(t.began) ? now - t.began : clock::duration{};
    if (!is_first || (when_ != nullptr && !count_response(*board_, t, o, now))) return service;
    if (is_known(t.began)) board_->service.count(service);
    return service;
}

void order_log::end_elsewhere(order_id id, const outcome& o, clock::duration service) noexcept {
    if (!board_->was_ordered(id)) return;  // the ledger will find its row
    const auto now = clock::now();
    const auto arrived = when_ ? started() + when_->at(id) : clock::time_point{};
    // A clock that is not ours may say anything.
    const auto longest = now - (when_ ? arrived : started());
    const ticket t{id, now - std::clamp(service, clock::duration{}, std::max(longest, clock::duration{})), arrived};
    add(board_->begins, 1);
    board_->begun_bits().test_and_set(id);
    end(t, o);
}

void order_log::settle(order_id id, const outcome& o) noexcept { count_end(*board_, id, o); }

clock::time_point order_log::started() const noexcept {
    return clock::time_point(std::chrono::nanoseconds(board_->started_ns.load(std::memory_order_relaxed)));
}
std::uint64_t order_log::queued() const noexcept { return run_reader(*board_).queued(); }
bool order_log::has_ended(order_id id) const noexcept { return board_->ended_bits().test(id); }

}  // namespace pipebench

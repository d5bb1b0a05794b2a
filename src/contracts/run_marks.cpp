#include "contracts/run_marks.hpp"

#include "contracts/record_board.hpp"
#include "contracts/run_reader.hpp"

#include <algorithm>

namespace pipebench {

void run_marks::start_clock() noexcept {
    std::int64_t not_yet = 0;
    board_->started_ns.compare_exchange_strong(not_yet, now_ns());
}
void run_marks::restart_clock() noexcept {
    if (board_->stopped_ns != 0) return;
    board_->started_ns = now_ns();
    board_->offered = 0;
}
void run_marks::stop_clock() noexcept { board_->stopped_ns = now_ns(); }

void run_marks::expect_arrivals(std::chrono::nanoseconds window_begin, std::chrono::nanoseconds window_end,
                                const std::vector<objective>& objectives) noexcept {
    board_->window_begin_ns = window_begin.count();
    board_->window_end_ns = window_end.count();
    for (std::size_t i = 0; i < std::min(objectives.size(), max_objectives); ++i)
        board_->objective_ns[i] = std::chrono::nanoseconds(objectives[i].limit).count();
}

void run_marks::request_stop() noexcept { board_->stop.store(true, std::memory_order_relaxed); }

void run_marks::leave_out_latencies() noexcept { board_->findings.untimed.store(true, std::memory_order_relaxed); }

void run_marks::keep_peak_rss(std::uint64_t bytes) noexcept { raise_to(board_->peak_rss, bytes); }

void run_marks::count_sample(cpu_section s) noexcept { add(board_->samples[static_cast<std::size_t>(s)], 1); }

void run_marks::count_loop_lag(std::chrono::nanoseconds late) noexcept { board_->loop_lag.count(late); }

bool run_marks::mark_kill() noexcept {
    std::int64_t not_yet = 0;
    return board_->killed_ns.compare_exchange_strong(not_yet, now_ns(), std::memory_order_relaxed);
}

void run_marks::unmark_kill() noexcept {
    board_->killed_ns.store(0, std::memory_order_relaxed);
    board_->resumed_ns.store(0, std::memory_order_relaxed);
}

void run_marks::forget_unfinished() noexcept {
    add(board_->begun_again, run_reader(*board_).read().in_flight());
    subtract(board_->offered, run_reader(*board_).queued());
    for (std::size_t w = 0; w < record_board::words(board_->orders); ++w) {
        board_->begun_bits().words[w].fetch_and(get(board_->ended_bits().words[w]), std::memory_order_relaxed);
        board_->begun_again_bits().words[w].store(0, std::memory_order_relaxed);
    }
    board_->resumed_ns.store(0, std::memory_order_relaxed);  // no recovery: an order ended between kill and death
}

}  // namespace pipebench

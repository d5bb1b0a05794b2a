#include "contracts/run_reader.hpp"

#include "contracts/record_board.hpp"

#include <algorithm>
#include <iterator>

namespace pipebench {
namespace {

latency_counts copy_of(const latency_board& from) {
    latency_counts out;
    out.bins.resize(latency_bins);
    std::transform(std::begin(from.bins), std::end(from.bins), out.bins.begin(), get);
    out.sum = std::chrono::nanoseconds{static_cast<std::int64_t>(get(from.sum_ns))};
    out.max = std::chrono::nanoseconds{static_cast<std::int64_t>(get(from.max_ns))};
    return out;
}

/// Each order once, but see progress::begun.
std::uint64_t begun_in(const record_board& board) noexcept {
    const auto begins = get(board.begins);
    return begins - std::min(begins, get(board.begun_again) + get(board.repeated));
}

}  // namespace

std::uint64_t run_reader::orders() const noexcept { return board_->orders; }

progress run_reader::read() const noexcept {
    progress p;
    p.stored = get(board_->stored);
    p.failed = get(board_->failed);
    p.repeated = get(board_->repeated);
    p.begun = begun_in(*board_);
    p.begun_again = get(board_->begun_again);
    p.queued = queued();
    p.http_attempts = get(board_->http_attempts);
    p.repeated_attempts = get(board_->repeated_attempts);
    p.store_attempts = get(board_->store_attempts);
    p.retries = get(board_->shared_traffic.retries);
    p.refused_retries = get(board_->shared_traffic.refused);
    p.throttled = get(board_->trouble.throttled);
    for (std::size_t s = 0; s < stage_count; ++s)
        for (std::size_t k = 0; k < error_kind_count; ++k) p.failures[s][k] = get(board_->failures[s][k]);
    return p;
}

std::uint64_t run_reader::queued() const noexcept {
    const auto offered = get(board_->offered);
    const auto& shed =
        board_->failures[static_cast<std::size_t>(stage::schedule)][static_cast<std::size_t>(error_kind::overloaded)];
    return offered - std::min(offered, begun_in(*board_) + get(shed));
}

bool run_reader::was_stored(order_id id) const noexcept { return board_->stored_bits().test(id); }
bool run_reader::has_ended(order_id id) const noexcept { return board_->ended_bits().test(id); }
bool run_reader::is_in_flight(order_id id) const noexcept {
    return board_->was_ordered(id) && board_->begun_bits().test(id) && !has_ended(id);
}

latency_counts run_reader::service() const { return copy_of(board_->service); }
latency_counts run_reader::wait() const { return copy_of(board_->wait); }
latency_counts run_reader::response() const { return copy_of(board_->response); }
latency_counts run_reader::lateness() const { return copy_of(board_->lateness); }
latency_counts run_reader::stage_duration(stage at) const {
    return copy_of(board_->findings.stage_durations[static_cast<std::size_t>(at)]);
}
kept_spans run_reader::spans() const {
    const auto* board = spans_of(board_->findings);
    return board != nullptr ? spans_in(*board) : kept_spans();
}
latency_counts run_reader::loop_lag() const { return copy_of(board_->loop_lag); }
latency_counts run_reader::transform_wait() const { return copy_of(board_->findings.transform_wait); }
std::uint64_t run_reader::transforms_held_back() const noexcept { return get(board_->findings.transforms_held_back); }
std::uint64_t run_reader::transform_deaths() const noexcept { return get(board_->findings.transform_deaths); }

std::uint64_t run_reader::stored_in_window() const noexcept { return get(board_->stored_in_window); }
std::uint64_t run_reader::on_time(std::size_t objective) const noexcept { return get(board_->on_time[objective]); }

std::int64_t run_reader::started_ns() const noexcept { return board_->started_ns; }

std::chrono::nanoseconds run_reader::elapsed() const noexcept {
    const std::int64_t started = board_->started_ns, stopped = board_->stopped_ns;
    if (started == 0) return std::chrono::nanoseconds{0};
    return std::chrono::nanoseconds{(stopped == 0 ? now_ns() : stopped) - started};
}
bool run_reader::clock_stopped() const noexcept { return board_->stopped_ns != 0; }

std::chrono::nanoseconds run_reader::killed_at() const noexcept {
    const std::int64_t at = board_->killed_ns, started = board_->started_ns;
    return std::chrono::nanoseconds{at == 0 ? 0 : at - started};
}
std::chrono::nanoseconds run_reader::resumed_at() const noexcept {
    const std::int64_t at = board_->resumed_ns, started = board_->started_ns;
    return std::chrono::nanoseconds{at == 0 ? 0 : at - started};
}

std::string run_reader::reason_of(stage at, error_kind kind) const { return reason_in(board_->findings, at, kind); }
std::uint64_t run_reader::long_connection_waits() const noexcept {
    return board_->findings.long_connection_waits.load(std::memory_order_relaxed);
}
std::chrono::nanoseconds run_reader::longest_connection_wait() const noexcept {
    return std::chrono::nanoseconds{board_->findings.longest_connection_wait_ns.load(std::memory_order_relaxed)};
}

const trouble_board& run_reader::trouble() const noexcept { return board_->trouble; }

std::chrono::nanoseconds run_reader::on_clock(std::int64_t steady_ns) const noexcept {
    const std::int64_t started = board_->started_ns;
    return std::chrono::nanoseconds{started == 0 ? 0 : std::max<std::int64_t>(steady_ns - started, 0)};
}

std::uint64_t run_reader::peak_rss() const noexcept { return get(board_->peak_rss); }

std::array<std::uint64_t, cpu_section_count> run_reader::samples() const noexcept {
    std::array<std::uint64_t, cpu_section_count> out{};
    std::transform(std::begin(board_->samples), std::end(board_->samples), out.begin(), get);
    return out;
}

}  // namespace pipebench

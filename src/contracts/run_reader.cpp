#include "contracts/run_reader.hpp"

#include "contracts/record_board.hpp"

#include <algorithm>
#include <iterator>

namespace pipebench {

std::uint64_t run_reader::orders() const noexcept { return board_->orders; }

progress run_reader::read() const noexcept {
    progress p;
    const auto begins = get(board_->begins), again = get(board_->begun_again), offered = get(board_->offered);
    p.queued = offered - std::min(offered, begins);
    p.stored = get(board_->stored);
    p.failed = get(board_->failed);
    p.repeated = get(board_->repeated);
    p.begun = begins - std::min(begins, again + p.repeated);
    p.http_attempts = get(board_->http_attempts);
    p.repeated_attempts = get(board_->repeated_attempts);
    p.store_attempts = get(board_->store_attempts);
    p.retries = get(board_->shared_traffic.retries);
    p.refused_retries = get(board_->shared_traffic.refused);
    for (std::size_t s = 0; s < stage_count; ++s)
        for (std::size_t k = 0; k < error_kind_count; ++k) p.failures[s][k] = get(board_->failures[s][k]);
    return p;
}

bool run_reader::was_stored(order_id id) const noexcept { return board_->stored_bits().test(id); }
bool run_reader::has_ended(order_id id) const noexcept { return board_->ended_bits().test(id); }
bool run_reader::is_in_flight(order_id id) const noexcept {
    return board_->was_ordered(id) && board_->begun_bits().test(id) && !has_ended(id);
}

std::vector<std::uint64_t> run_reader::latencies() const {
    std::vector<std::uint64_t> counts(latency_bins);
    std::transform(std::begin(board_->latency), std::end(board_->latency), counts.begin(), get);
    return counts;
}

std::chrono::nanoseconds run_reader::latency_sum() const noexcept {
    return std::chrono::nanoseconds{static_cast<std::int64_t>(get(board_->latency_sum_ns))};
}
std::chrono::nanoseconds run_reader::latency_max() const noexcept {
    return std::chrono::nanoseconds{static_cast<std::int64_t>(get(board_->latency_max_ns))};
}

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

std::uint64_t run_reader::peak_rss() const noexcept { return get(board_->peak_rss); }

std::array<std::uint64_t, cpu_section_count> run_reader::samples() const noexcept {
    std::array<std::uint64_t, cpu_section_count> out{};
    std::transform(std::begin(board_->samples), std::end(board_->samples), out.begin(), get);
    return out;
}

}  // namespace pipebench

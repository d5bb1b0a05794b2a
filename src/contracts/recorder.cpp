#include "contracts/recorder.hpp"

#include "contracts/error.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <new>
#include <utility>

namespace pipebench {

using clock = std::chrono::steady_clock;
using counter = std::atomic<std::uint64_t>;

// Lies at the start of the shared mapping, four bits per order behind it, and then a byte. The kernel hands the pages out
// zeroed, which is the right first value of every field.
struct recorder::board {
    std::uint64_t orders;
    std::atomic<bool> stop, untimed;
    std::atomic<std::int64_t> started_ns, stopped_ns, killed_ns, resumed_ns;  // steady clock; 0: not yet
    counter peak_rss;
    counter offered, begins, begun_again, stored, failed, repeated;
    counter http_attempts, repeated_attempts, store_attempts;
    counter samples[cpu_section_count];
    traffic_state shared_traffic;
    counter failures[stage_count][error_kind_count];
    counter latency_sum_ns, latency_max_ns;
    counter latency[latency_bins];

    static std::size_t words(std::uint64_t orders) { return static_cast<std::size_t>(orders / 64 + 1); }
    static std::size_t bytes(std::uint64_t orders) {
        return sizeof(board) + 4 * words(orders) * sizeof(counter) + static_cast<std::size_t>(orders + 1);
    }
    counter* ended_bits() { return reinterpret_cast<counter*>(this + 1); }
    counter* stored_bits() { return ended_bits() + words(orders); }
    counter* begun_bits() { return stored_bits() + words(orders); }
    counter* again_bits() { return begun_bits() + words(orders); }
    /// How the order failed at its first end: see code_of(); 0: it did not.
    std::atomic<std::uint8_t>& failed_as(order_id id) {
        return reinterpret_cast<std::atomic<std::uint8_t>*>(again_bits() + words(orders))[id];
    }
    counter& failures_as(std::uint8_t code) {
        return failures[(code - 1) / error_kind_count][(code - 1) % error_kind_count];
    }
};
static_assert(counter::is_always_lock_free && sizeof(counter) == 8);

namespace {

std::uint64_t add(counter& c, std::uint64_t n) noexcept { return c.fetch_add(n, std::memory_order_relaxed); }
std::uint64_t get(const counter& c) noexcept { return c.load(std::memory_order_relaxed); }

std::int64_t now_ns() noexcept { return std::chrono::nanoseconds(clock::now().time_since_epoch()).count(); }

/// Sets the order's bit; true if it was set already.
bool test_and_set(counter* bits, order_id id) noexcept {
    const std::uint64_t mask = 1ull << (id % 64);
    return (bits[id / 64].fetch_or(mask, std::memory_order_relaxed) & mask) != 0;
}
/// Clears it; true if it was set.
bool test_and_clear(counter* bits, order_id id) noexcept {
    const std::uint64_t mask = 1ull << (id % 64);
    return (bits[id / 64].fetch_and(~mask, std::memory_order_relaxed) & mask) != 0;
}
bool test(const counter* bits, order_id id) noexcept { return (get(bits[id / 64]) >> (id % 64) & 1) != 0; }

std::uint8_t code_of(const outcome& o) noexcept {
    static_assert(stage_count * error_kind_count < 255);
    return static_cast<std::uint8_t>(1 + static_cast<std::size_t>(o.at) * error_kind_count +
                                     static_cast<std::size_t>(o.kind));
}

void raise_to(counter& maximum, std::uint64_t value) noexcept {
    auto seen = get(maximum);
    while (seen < value && !maximum.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
    }
}

void* map(int descriptor, std::size_t bytes) {
    void* at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (at == MAP_FAILED) throw system_failure("cannot map the recorder's memory", errno);
    return at;
}

}  // namespace

std::size_t latency_bin(clock::duration d) noexcept {
    const double us = static_cast<double>(std::chrono::nanoseconds(d).count()) / 1e3;
    if (us <= 1) return 0;
    static const double scale = 1 / std::log(1.01);
    return std::min(latency_bins - 1, static_cast<std::size_t>(std::log(us) * scale));
}

recorder::recorder(board* b, int descriptor, std::size_t bytes) noexcept
    : board_(b), descriptor_(descriptor), bytes_(bytes) {}

recorder recorder::create(std::uint64_t orders) {
    const int fd = ::memfd_create("pipebench-recorder", MFD_CLOEXEC);
    if (fd < 0) throw system_failure("cannot make the recorder's memory", errno);
    const std::size_t bytes = board::bytes(orders);
    if (::ftruncate(fd, static_cast<off_t>(bytes)) != 0) throw system_failure("cannot size the recorder", errno);
    auto* b = new (map(fd, bytes)) board;
    b->orders = orders;
    return {b, fd, bytes};
}

recorder recorder::attach(int descriptor) {
    struct stat s {};
    if (::fstat(descriptor, &s) != 0) throw system_failure("cannot find the recorder's memory", errno);
    const auto bytes = static_cast<std::size_t>(s.st_size);
    if (bytes < sizeof(board)) throw setup_error("the recorder's memory is too small");
    auto* b = static_cast<board*>(map(descriptor, bytes));
    if (board::bytes(b->orders) != bytes) throw setup_error("the recorder's memory has the wrong size");
    return {b, descriptor, bytes};
}

recorder::recorder(recorder&& other) noexcept
    : board_(std::exchange(other.board_, nullptr)), descriptor_(other.descriptor_), bytes_(other.bytes_) {}

recorder::~recorder() {
    if (board_ == nullptr) return;
    ::munmap(board_, bytes_);
    ::close(descriptor_);
}

std::uint64_t recorder::orders() const noexcept { return board_->orders; }

void recorder::offer() noexcept { add(board_->offered, 1); }

recorder::ticket recorder::begin(order_id id) noexcept {
    add(board_->begins, 1);
    // Begun before, and not ended: whoever held it has died, it seems, and will not end it.
    if (id <= board_->orders && test_and_set(board_->begun_bits(), id) && !test(board_->ended_bits(), id)) {
        add(board_->begun_again, 1);
        test_and_set(board_->again_bits(), id);
    }
    return {id, board_->untimed.load(std::memory_order_relaxed) ? clock::time_point{} : clock::now()};
}

/// True at its first end.
bool recorder::count_end(order_id id, const outcome& given) noexcept {
    if (id == 0 || id > board_->orders) return false;  // nobody ordered it: the ledger will say so
    // It may be the last message of a worker whose memory was spoilt: never an index of ours.
    const outcome o = is_valid(given) ? given : outcome{stage::schedule, error_kind::worker_died};
    add(board_->http_attempts, o.attempts);
    add(board_->store_attempts, o.stores);
    auto& failed_as = board_->failed_as(id);
    std::uint8_t not_yet_failed = 0;
    // Before the order counts as ended: whoever stores it after all takes this failure back.
    if (!o.stored()) failed_as.compare_exchange_strong(not_yet_failed, code_of(o), std::memory_order_relaxed);
    const bool again = test_and_set(board_->ended_bits(), id);
    const bool first_success = o.stored() && !test_and_set(board_->stored_bits(), id);
    if (again) {
        add(board_->repeated, 1);
        add(board_->repeated_attempts, o.attempts);
        // Begun again, and ended twice: the first holder was alive after all.
        if (test_and_clear(board_->again_bits(), id)) board_->begun_again.fetch_sub(1, std::memory_order_relaxed);
        if (first_success) {  // it had been given up, and was stored after all
            add(board_->stored, 1);
            board_->failed.fetch_sub(1, std::memory_order_relaxed);
            if (const auto code = failed_as.load(std::memory_order_relaxed); code != 0)
                board_->failures_as(code).fetch_sub(1, std::memory_order_relaxed);
        }
        return false;
    }
    if (first_success) {
        add(board_->stored, 1);
    } else {  // failed; or stored, and a repetition that came between took back a failure of ours: here it is
        add(board_->failed, 1);
        if (!o.stored()) add(board_->failures_as(failed_as.load(std::memory_order_relaxed)), 1);
    }
    if (board_->killed_ns.load(std::memory_order_relaxed) != 0) {
        std::int64_t not_yet = 0;
        board_->resumed_ns.compare_exchange_strong(not_yet, now_ns(), std::memory_order_relaxed);
    }
    return true;
}

void recorder::end(const ticket& t, const outcome& o) noexcept {
    if (!count_end(t.id, o) || board_->untimed.load(std::memory_order_relaxed)) return;
    const auto took = clock::now() - t.began;
    const auto ns = static_cast<std::uint64_t>(std::chrono::nanoseconds(took).count());
    add(board_->latency[latency_bin(took)], 1);
    add(board_->latency_sum_ns, ns);
    raise_to(board_->latency_max_ns, ns);
}

void recorder::settle(order_id id, const outcome& o) noexcept { count_end(id, o); }

void recorder::leave_out_latencies() noexcept { board_->untimed.store(true, std::memory_order_relaxed); }

void recorder::start_clock() noexcept {
    std::int64_t not_yet = 0;
    board_->started_ns.compare_exchange_strong(not_yet, now_ns());
}
void recorder::restart_clock() noexcept {
    if (!clock_stopped()) board_->started_ns = now_ns();
}
void recorder::stop_clock() noexcept { board_->stopped_ns = now_ns(); }
bool recorder::clock_stopped() const noexcept { return board_->stopped_ns != 0; }

std::chrono::nanoseconds recorder::elapsed() const noexcept {
    const std::int64_t started = board_->started_ns, stopped = board_->stopped_ns;
    if (started == 0) return std::chrono::nanoseconds{0};
    return std::chrono::nanoseconds{(stopped == 0 ? now_ns() : stopped) - started};
}

void recorder::keep_peak_rss(std::uint64_t bytes) noexcept { raise_to(board_->peak_rss, bytes); }
std::uint64_t recorder::peak_rss() const noexcept { return get(board_->peak_rss); }

void recorder::count_sample(cpu_section s) noexcept { add(board_->samples[static_cast<std::size_t>(s)], 1); }
std::array<std::uint64_t, cpu_section_count> recorder::samples() const noexcept {
    std::array<std::uint64_t, cpu_section_count> out{};
    std::transform(std::begin(board_->samples), std::end(board_->samples), out.begin(), get);
    return out;
}

traffic_state& recorder::shared_traffic() const noexcept { return board_->shared_traffic; }

void recorder::mark_kill() noexcept {
    std::int64_t not_yet = 0;
    board_->killed_ns.compare_exchange_strong(not_yet, now_ns(), std::memory_order_relaxed);
}

std::chrono::nanoseconds recorder::killed_at() const noexcept {
    const std::int64_t at = board_->killed_ns, started = board_->started_ns;
    return std::chrono::nanoseconds{at == 0 ? 0 : at - started};
}
std::chrono::nanoseconds recorder::resumed_at() const noexcept {
    const std::int64_t at = board_->resumed_ns, started = board_->started_ns;
    return std::chrono::nanoseconds{at == 0 ? 0 : at - started};
}

void recorder::forget_unfinished() noexcept {
    board_->offered.store(get(board_->begins), std::memory_order_relaxed);
    add(board_->begun_again, read().in_flight());
    for (std::size_t w = 0; w < board::words(board_->orders); ++w) {
        board_->begun_bits()[w].fetch_and(get(board_->ended_bits()[w]), std::memory_order_relaxed);
        board_->again_bits()[w].store(0, std::memory_order_relaxed);
    }
    board_->resumed_ns.store(0, std::memory_order_relaxed);  // what ended while it was dying was no recovery
}

void recorder::request_stop() noexcept { board_->stop.store(true, std::memory_order_relaxed); }
stop_flag recorder::stop() const noexcept { return stop_flag{board_->stop}; }

progress recorder::read() const noexcept {
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

std::vector<std::uint64_t> recorder::latencies() const {
    std::vector<std::uint64_t> counts(latency_bins);
    std::transform(std::begin(board_->latency), std::end(board_->latency), counts.begin(), get);
    return counts;
}

std::chrono::nanoseconds recorder::latency_sum() const noexcept {
    return std::chrono::nanoseconds{static_cast<std::int64_t>(get(board_->latency_sum_ns))};
}
std::chrono::nanoseconds recorder::latency_max() const noexcept {
    return std::chrono::nanoseconds{static_cast<std::int64_t>(get(board_->latency_max_ns))};
}
bool recorder::was_stored(order_id id) const noexcept { return test(board_->stored_bits(), id); }
bool recorder::has_ended(order_id id) const noexcept { return test(board_->ended_bits(), id); }

}  // namespace pipebench

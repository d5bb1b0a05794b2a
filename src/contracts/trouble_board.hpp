// What goes wrong in a run, one by one and as it happens: orders that fail, why, worker processes that die and are
// replaced, and requests that the API throttles. The memory lies in the run's record (record_board.hpp), so that all
// processes of a run write it and the session reads it. Nobody waits for a lock, and what goes well touches none of it.
#pragma once

#include "contracts/latency_board.hpp"
#include "pipebench/order.hpp"
#include "pipebench/outcome.hpp"

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace pipebench {

inline constexpr std::size_t most_failed_orders = 1000;   ///< of a run; further ones are only counted
inline constexpr std::size_t longest_order_reason = 126;  ///< bytes of a text; the rest is cut off
inline constexpr std::size_t most_process_changes = 256;  ///< of a run; further ones are left out

/// A list that only grows, up to `most` entries. Its initial value is all zero.
template <class Entry, std::size_t most>
struct shared_list {
    struct slot {
        std::atomic<bool> complete;
        Entry entry;
    };
    shared_counter added;  ///< also those for which there was no room
    slot slots[most];

    [[nodiscard]] bool has_room() const noexcept { return get(added) < most; }
    void add(const Entry& entry) noexcept {
        const auto at = added.fetch_add(1, std::memory_order_relaxed);
        if (at >= most) return;
        slots[at].entry = entry;
        slots[at].complete.store(true, std::memory_order_release);
    }
    /// Null if it is being written, or its writer was killed meanwhile.
    [[nodiscard]] const Entry* at(std::size_t index) const noexcept {
        return slots[index].complete.load(std::memory_order_acquire) ? &slots[index].entry : nullptr;
    }
    /// Entries that have a place.
    [[nodiscard]] std::size_t size() const noexcept { return has_room() ? get(added) : most; }
};

/// At its first end.
struct failed_order {
    order_id id;
    std::int64_t at_ns;  ///< of the steady clock
    outcome what;
};

/// What the pipeline found out of an order that it gave up.
struct order_reason {
    order_id id;
    stage at;
    error_kind kind;
    std::array<char, longest_order_reason> text;
};

/// A worker process of the run has died, or was started in the place of one.
struct process_change {
    std::int64_t at_ns;  ///< of the steady clock
    pid_t pid;
    int status;  ///< as waitpid() returns it, of one that has died
    bool started;
};

struct trouble_board {
    shared_list<failed_order, most_failed_orders> failed;
    shared_list<order_reason, most_failed_orders> reasons;
    shared_list<process_change, most_process_changes> processes;
    shared_counter throttled;  ///< requests answered with 429
};

/// For a pattern whose worker processes die: a view of that memory. From the process that replaces them.
class process_log {
public:
    /// Keeps nothing.
    process_log() = default;
    /// `board` must outlive it.
    explicit process_log(trouble_board& board) noexcept : board_(&board) {}

    void died(pid_t pid, int status) const noexcept;
    void replaced_by(pid_t pid) const noexcept;

private:
    trouble_board* board_ = nullptr;
};

}  // namespace pipebench

// The outcome of an order: a small value that can cross a process boundary as bytes.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace pipebench {

/// Where an order failed. `schedule`: in the pattern, outside the pipeline.
enum class stage : std::uint8_t { fetch, transform, store, schedule };
inline constexpr std::size_t stage_count = 4;

/// Why it failed.
enum class error_kind : std::uint8_t {
    none,
    connect,       ///< no connection could be made
    resources,     ///< out of descriptors, ports or memory on our side
    reset,         ///< the peer closed or reset the connection in mid-exchange
    timeout,       ///< one attempt took longer than --attempt-timeout
    deadline,      ///< all attempts together took longer than --order-timeout
    throttled,     ///< HTTP 429
    server_error,  ///< HTTP 5xx
    rejected,      ///< any other HTTP status that is not 200
    protocol,      ///< not HTTP, or not the content type promised
    too_large,     ///< header or body over its limit
    bad_content,   ///< not JSON, or not an order
    wrong_order,   ///< an order, but another one
    database,      ///< PostgreSQL refused the statement
    worker_died,   ///< the worker process that held the order died, too often
    dead_letter,   ///< delivered too often without an end, and put on the dead-letter stream
    overloaded,    ///< shed: it arrived when the queue was full
};
inline constexpr std::size_t error_kind_count = 17;

/// Fixed layout, no padding: it is also the wire format between a process pool and its workers.
struct outcome {
    stage at = stage::store;
    error_kind kind = error_kind::none;
    std::uint8_t attempts = 1;  ///< HTTP attempts made
    std::uint8_t stores = 1;    ///< database attempts made

    [[nodiscard]] bool stored() const noexcept { return kind == error_kind::none; }
    bool operator==(const outcome&) const = default;
};

/// False if the bytes, which may come from another process, are not a valid stage or kind.
[[nodiscard]] bool is_valid(const outcome& o) noexcept;

[[nodiscard]] std::string_view name_of(stage s) noexcept;
[[nodiscard]] std::string_view name_of(error_kind k) noexcept;

}  // namespace pipebench

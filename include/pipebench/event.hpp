// Something that happened in a session, as a value: a line of --events (docs/event.schema.json), and a part of a result.
#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace pipebench {

enum class event_kind : std::uint8_t {
    session_begins,
    session_ends,
    run_begins,
    run_ends,
    kill,          ///< by --chaos, or of the connections that a scenario terminates
    process_died,  ///< a worker process of the run
    restart,       ///< of the run, or of a worker process
    worker_joins,  ///< from another machine; so do the next four
    worker_missing,
    worker_returns,  ///< it was cut off
    worker_signs_off,
    worker_gives_up,
    redelivery,         ///< orders were given out again
    order_failed,       ///< one order
    dead_letter,        ///< one order, delivered too often
    failures_left_out,  ///< further failures, beyond most_failed_orders
    throttling_begins,  ///< requests were answered with 429
    throttling_ends,
    saturated,  ///< of an open run: it could not keep up
    outage_begins,
    outage_ends,
    warning,
};
inline constexpr std::size_t event_kind_count = 22;
[[nodiscard]] std::string_view name_of(event_kind k) noexcept;  ///< "kill", as in a line

/// Its fields hold no secret: whoever fills them in takes texts that are fit for a report.
struct event {
    event_kind kind = event_kind::warning;
    std::optional<double> at_s{};  ///< on the run's clock, when it happened; nullopt: no run is on
    /// Text, numbers, and true or false.
    nlohmann::json fields = nlohmann::json::object();
    std::uint64_t run = 0;  ///< number of the run in its session, from 1; 0: no run is on

    bool operator==(const event&) const = default;
};

/// The object of a line, without its time: {"at":1.25,"event":"kill","run":2,...}.
[[nodiscard]] nlohmann::ordered_json to_object(const event& e);

}  // namespace pipebench

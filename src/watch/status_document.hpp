// A /status document of a session or worker (docs/observe.md), checked: it may come from anyone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

inline constexpr double unknown_number = std::numeric_limits<double>::quiet_NaN();

/// In all parts, a number is NaN if it is not known, and never negative. Texts are printable, and each of their
/// characters fills one column.
struct shown_orders {
    double stored = unknown_number, failed = unknown_number, repeated = unknown_number;
    double in_flight = unknown_number, queued = unknown_number;
    double retries = unknown_number, throttled = unknown_number;
    struct failure {
        std::string stage, kind;
        double orders = unknown_number;
    };
    std::vector<failure> failures{};

    [[nodiscard]] double ended() const noexcept { return stored + failed; }
};

/// Which run it is.
struct shown_place {
    std::string pattern, scenario;
    double round = unknown_number, rounds = unknown_number, run = unknown_number, of = unknown_number;
    bool warmup = false;
    double orders = unknown_number, floor_s = unknown_number, in_flight_limit = unknown_number;

    /// Whether both are the same run.
    [[nodiscard]] bool is(const shown_place& other) const noexcept;
};

struct shown_percentiles {
    double p50_ms = unknown_number, p99_ms = unknown_number;
};

struct shown_usage {
    std::string name;
    double cpu_s = unknown_number, rss_bytes = unknown_number, pss_bytes = unknown_number;
};

struct shown_worker {
    std::string instance, host, state;
    double ended = unknown_number, in_hand = unknown_number, cpu_s = unknown_number;
};

struct shown_run {
    shown_place place;
    bool open = false;
    double elapsed_s = unknown_number, killed_at_s = unknown_number, oldest_queued_s = unknown_number;
    shown_orders orders;
    shown_percentiles service, response;
    double stream_lag = unknown_number, stream_pending = unknown_number, oldest_pending_s = unknown_number;
    double processes = unknown_number;
    shown_usage usage;  ///< of the run
    std::vector<shown_usage> services;
    std::vector<shown_worker> workers;
};

struct shown_end {
    shown_place place;
    std::string verdict;
    double time_s = unknown_number, orders_per_s = unknown_number, failed = unknown_number, lost = unknown_number;
};

struct status_document {
    std::string command, started_at, phase;
    std::optional<shown_run> run;
    std::vector<shown_end> ended;
};

inline constexpr std::size_t longest_status = 1'000'000;  ///< bytes
inline constexpr std::size_t most_listed = 500;           ///< of each list; the others are not shown
inline constexpr std::size_t longest_shown_text = 200;    ///< bytes

/// Throws setup_error, which says what is wrong with the text.
[[nodiscard]] status_document parse_status(std::string_view text);

}  // namespace pipebench

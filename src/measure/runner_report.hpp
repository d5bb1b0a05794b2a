// What a user's program prints about its orders on its standard output (docs/runners.md), a line each.
#pragma once

#include "contracts/recorder.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace pipebench {

struct runner_line {
    enum class word : std::uint8_t { start, in_flight, begin, stored, failed };
    word is = word::start;
    std::uint64_t number = 0;                        ///< an order, or how many
    std::optional<std::chrono::nanoseconds> took{};  ///< stored: if it was told
    outcome result{stage::store, error_kind::none, 0, 0};

    bool operator==(const runner_line&) const = default;
};

/// Nothing: it is not a line of the contract, and so a note.
[[nodiscard]] std::optional<runner_line> parse_runner_line(std::string_view line);

/// Keeps the record of a run for a program that cannot do so itself. One thread.
class runner_report {
public:
    explicit runner_report(recorder& record) : record_(record) {}

    /// False: it is a note.
    bool take(std::string_view line);

    /// How many orders it said that it has in flight at once.
    [[nodiscard]] std::optional<std::uint64_t> in_flight_limit() const noexcept { return in_flight_limit_; }
    /// It has said that it starts.
    [[nodiscard]] bool started() const noexcept { return started_; }
    /// Whether it says when orders begin: without that, what is in flight is not known.
    [[nodiscard]] bool tells_begins() const noexcept { return tells_begins_; }

private:
    using clock = std::chrono::steady_clock;
    void ended(const runner_line& line);

    recorder& record_;
    std::optional<std::uint64_t> in_flight_limit_;
    bool started_ = false, tells_begins_ = false;
    std::unordered_map<order_id, order_log::ticket> begun_;  ///< at most the orders of the run
};

}  // namespace pipebench

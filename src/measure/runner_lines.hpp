// Lines about orders that a runner prints on its standard output (docs/runners.md).
#pragma once

#include "contracts/arrival_schedule.hpp"
#include "contracts/recorder.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace pipebench {

struct runner_line {
    enum class word : std::uint8_t { start, in_flight, begin, stored, failed };
    word is = word::start;
    std::uint64_t number = 0;                        ///< an order's id, or a count
    std::optional<std::chrono::nanoseconds> took{};  ///< duration of an order, if reported
    outcome result{stage::store, error_kind::none, 0, 0};

    bool operator==(const runner_line&) const = default;
};

/// nullopt if the line is not part of the contract; it is then a note.
[[nodiscard]] std::optional<runner_line> parse_runner_line(std::string_view line);

/// The form of a line that begins with this one's first word ("stored ID [MS]", with what is accepted); empty if no
/// line of the contract begins so.
[[nodiscard]] std::string accepted_form(std::string_view line);

/// Writes the record of a run for a runner, which cannot do so itself. For one thread.
class runner_report {
public:
    /// `when`: of an open run, whose latencies count from the arrival; null for a closed one. It must outlive this.
    explicit runner_report(recorder& record, const arrival_schedule* when = nullptr)
        : record_(record), log_(record.log(when)), when_(when) {}

    /// False if the line is a note.
    bool take(std::string_view line);
    /// Of an open run: counts the orders that have arrived by now. The runner cannot tell, and keeps its own time.
    void count_arrivals();

    /// Lines that begin as one of the contract and are none: their number, the first of them, and what is accepted.
    /// Empty if there were none.
    [[nodiscard]] std::string misread_lines() const;

    /// The limit from `in-flight K`, if reported.
    [[nodiscard]] std::optional<std::uint64_t> in_flight_limit() const noexcept { return in_flight_limit_; }
    /// Whether the runner has reported its start.
    [[nodiscard]] bool started() const noexcept { return started_; }
    /// Of an open run: orders that began or ended more than 10 ms before they arrived, which must not be.
    [[nodiscard]] std::uint64_t too_early() const noexcept { return too_early_; }
    /// Whether the runner reports when orders begin; otherwise the number in flight is unknown.
    [[nodiscard]] bool tells_begins() const noexcept { return tells_begins_; }

private:
    using clock = std::chrono::steady_clock;
    void start();
    void ended(const runner_line& line);

    recorder& record_;
    order_log log_;
    const arrival_schedule* when_;
    std::uint64_t arrived_ = 0, too_early_ = 0;
    std::optional<std::uint64_t> in_flight_limit_;
    bool started_ = false, tells_begins_ = false;
    std::uint64_t misread_ = 0;
    std::string first_misread_;
    std::unordered_map<order_id, order_log::ticket> begun_;  ///< at most the orders of the run
};

}  // namespace pipebench

// Open load: when orders arrive, whether the pipeline is ready or not. Without a rate a run is closed: all of its
// orders are due at its start.
#pragma once

#include "pipebench/duration.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

/// Orders per unit of time, exact: 50,000 per hour is no whole number per second.
struct arrival_rate {
    std::uint64_t orders = 0;  ///< 0: no rate
    duration per = std::chrono::seconds{1};

    [[nodiscard]] double per_second() const noexcept {
        return static_cast<double>(orders) / std::chrono::duration<double>(per).count();
    }
    bool operator==(const arrival_rate&) const = default;
};
inline constexpr std::uint64_t max_orders_per_second = 1'000'000;

/// "14/s", "840/m", "50k/h", "0.5/s"; nullopt for anything else, for 0, and above max_orders_per_second.
[[nodiscard]] std::optional<arrival_rate> parse_arrival_rate(std::string_view text);
[[nodiscard]] std::string format_arrival_rate(const arrival_rate& r);

/// How arrivals are spread around their rate.
struct arrival_process {
    enum class kind : std::uint8_t {
        constant,  ///< evenly
        poisson,   ///< independently of each other: exponential gaps, drawn from the seed
        burst,     ///< `size` at once, evenly
    };
    kind is = kind::constant;
    std::uint64_t size = 1;  ///< of a burst
    bool operator==(const arrival_process&) const = default;
};
inline constexpr std::uint64_t max_burst = 10'000;

[[nodiscard]] std::optional<arrival_process> parse_arrival_process(std::string_view text);  ///< poisson | burst:20
[[nodiscard]] std::string format_arrival_process(const arrival_process& p);

/// From the first rate to the second, evenly over the duration.
struct rate_ramp {
    arrival_rate from, to;
    bool operator==(const rate_ramp&) const = default;
};
[[nodiscard]] std::optional<rate_ramp> parse_rate_ramp(std::string_view text);  ///< "10/s..100/s"
[[nodiscard]] std::string format_rate_ramp(const rate_ramp& r);

/// "10/s,50/s,100/s"
[[nodiscard]] std::optional<std::vector<arrival_rate>> parse_rate_steps(std::string_view text);
[[nodiscard]] std::string format_rate_steps(const std::vector<arrival_rate>& steps);
inline constexpr std::size_t max_rate_steps = 100;

/// What becomes of an order that arrives when the queue is full.
enum class when_full : std::uint8_t {
    shed,  ///< it is turned away, which is its outcome
    wait,  ///< its source waits; its wait counts from its arrival all the same
};

/// One of `rate`, `ramp` and `steps` is set, or none: then the run is closed.
struct arrivals {
    arrival_rate rate;
    rate_ramp ramp;
    std::vector<arrival_rate> steps;  ///< each for `time`
    arrival_process process;
    duration time{};     ///< of the ramp, of each step, or of all arrivals; 0: follows from orders and rate
    duration warm_up{};  ///< orders that arrive earlier are done, but not in rates and percentiles
    std::uint64_t queue_limit = 0;  ///< orders that have arrived and not begun; 0: no limit
    when_full full = when_full::shed;
    duration drain{};  ///< after the last arrival, until the orders left are given up; 0: --order-timeout

    [[nodiscard]] bool open() const noexcept { return rate.orders > 0 || ramp.from.orders > 0 || !steps.empty(); }
    [[nodiscard]] double highest_per_second() const noexcept;
    bool operator==(const arrivals&) const = default;
};

/// As on the command line: "50k/h", "10/s..100/s", "10/s,50/s"; empty for a closed run.
[[nodiscard]] std::string format_rates(const arrivals& load);

}  // namespace pipebench

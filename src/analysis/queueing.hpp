// What a queue in front of K servers does to waits: the M/M/K model (A. K. Erlang, "Solution of some Problems in the
// Theory of Probabilities of Significance in Automatic Telephone Exchanges", 1917). Pure.
//
// Orders arrive at random and independently (Poisson), wait in one queue, first come, first served, and have service
// times with an exponential distribution. K is what limits the orders in flight: permits, threads, workers.
//
// For constant service times, such as those of simulated latencies, the waits below are upper bounds: the mean wait
// is about half as long at a high utilisation (exactly half if K is 1), and the high quantiles are lower, too.
// Arrivals in bursts make longer waits than these, and so do service times that vary more than exponential ones.
//
// Rates and service times must be finite and not negative, and K at least 1. An unstable queue (utilisation of 1 or
// more) grows without end: its waits are infinite. A call takes a time proportional to K, and the searches about 60
// times as long; K up to 10,000 is fine.
#pragma once

#include "pipebench/objective.hpp"

#include <cstdint>
#include <optional>

namespace pipebench {

struct offered_load {
    double rate_per_second = 0;  ///< lambda: arriving orders
    double service_seconds = 0;  ///< L: mean time of one order without its wait
    /// The mean number of orders in service (J. D. C. Little, "A Proof for the Queuing Formula L = lambda W", 1961).
    [[nodiscard]] double erlangs() const noexcept { return rate_per_second * service_seconds; }
};

/// Erlang B, by its recurrence over K: the share of orders that find all K busy, if these orders leave at once.
[[nodiscard]] double erlang_b(double erlangs, std::uint64_t in_flight_limit);
/// Erlang C: the share of orders that have to wait; 1 if the queue is unstable.
[[nodiscard]] double erlang_c(double erlangs, std::uint64_t in_flight_limit);

/// rho: the mean share of the K that are busy; 1 or more if the queue is unstable.
[[nodiscard]] double utilisation(const offered_load& load, std::uint64_t in_flight_limit);
/// K / L: the queue is stable at any rate below; infinity without a service time.
[[nodiscard]] double highest_rate_per_second(double service_seconds, std::uint64_t in_flight_limit);

/// The share of orders that wait longer than `wait_seconds`; 1 if the queue is unstable. Upper bound for constant
/// service times.
[[nodiscard]] double share_waiting_longer(const offered_load& load, std::uint64_t in_flight_limit,
                                          double wait_seconds);
/// Upper bound for constant service times.
[[nodiscard]] double mean_wait_seconds(const offered_load& load, std::uint64_t in_flight_limit);
/// The wait that a share `quantile` (between 0 and 1) of the orders does not exceed; 0 if a share of 1 - quantile or
/// less has to wait. Upper bound for constant service times.
[[nodiscard]] double wait_quantile_seconds(const offered_load& load, std::uint64_t in_flight_limit, double quantile);

/// Wait and service together, for constant service times. Upper bound.
[[nodiscard]] double response_quantile_seconds(const offered_load& load, std::uint64_t in_flight_limit,
                                               double quantile);
/// The highest rate whose response_quantile_seconds() is within the objective, to about 15 digits. Lower bound:
/// constant service times may allow more. nullopt if the service time alone reaches the limit; infinity without a
/// service time.
[[nodiscard]] std::optional<double> highest_rate_within(const objective& target, double service_seconds,
                                                        std::uint64_t in_flight_limit);

inline constexpr std::uint64_t most_in_flight_considered = 10'000;
/// The smallest K whose response_quantile_seconds() is within the objective. Upper bound: constant service times may
/// need fewer. nullopt if no K up to most_in_flight_considered is enough; none is if the service time alone reaches
/// the limit.
[[nodiscard]] std::optional<std::uint64_t> fewest_in_flight_within(const objective& target, const offered_load& load);

/// The time constant with which a queue comes close to its steady state: 1 / (sqrt(K/L) - sqrt(lambda))^2
/// (P. M. Morse, "Stochastic Properties of Waiting Lines", 1955); infinity if the queue is unstable. A run shorter
/// than about three of these measures the start. For a high utilisation; at a low one the service time is longer.
[[nodiscard]] double settle_seconds(const offered_load& load, std::uint64_t in_flight_limit);

struct overload {
    double queued_orders = 0;  ///< at the end
    double drain_seconds = 0;  ///< from then on, if no more orders arrive
};
/// What an overload leaves behind, on average, after it has lasted for `seconds`; zeros if the queue is stable. Lower
/// bounds near a utilisation of 1, where chance adds to the queue.
[[nodiscard]] overload overload_after(const offered_load& load, std::uint64_t in_flight_limit, double seconds);

/// CPU work on the thread of an event loop, which delays everything else on this loop.
struct inline_work {
    double rate_per_second = 0;
    double cpu_seconds = 0;  ///< of one piece
};
/// The mean delay: the wait of an M/D/1 queue, rho s / (2 (1 - rho)) (F. Pollaczek, 1930; A. Y. Khinchin, 1932).
/// Exact for constant pieces that arrive at random.
[[nodiscard]] double mean_delay_seconds(const inline_work& work);

}  // namespace pipebench

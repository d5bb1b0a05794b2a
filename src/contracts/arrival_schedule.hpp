// When each order of an open run arrives: a pure function of the workload, the same for every pattern.
#pragma once

#include "pipebench/arrivals.hpp"
#include "pipebench/order.hpp"
#include "pipebench/workload.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

namespace pipebench {

/// Times are on the run's clock, from its start, and absolute: none depends on the arrival before it, so that they do
/// not drift. Any thread; immutable. Poisson arrivals need one bit per order, the others no memory.
class arrival_schedule {
public:
    explicit arrival_schedule(const workload& work);

    /// False: everything is due at once, and at() is always 0.
    [[nodiscard]] bool open() const noexcept { return !segments_.empty(); }
    [[nodiscard]] std::uint64_t orders() const noexcept { return orders_; }
    [[nodiscard]] std::chrono::nanoseconds at(order_id id) const noexcept;
    [[nodiscard]] std::chrono::nanoseconds last() const noexcept { return at(orders_); }
    /// When the load ends: after its duration, or when the next order would arrive.
    [[nodiscard]] std::chrono::nanoseconds end() const noexcept;
    /// How many orders arrive up to `t`, included.
    [[nodiscard]] std::uint64_t due_by(std::chrono::nanoseconds t) const noexcept;

private:
    /// Between two changes of the rate: `before` orders arrive earlier, and `count` in it.
    struct segment {
        arrival_rate from, to;
        long double begin_ns, length_ns, before, count;
        /// The time from its begin until `orders` are expected to have arrived.
        [[nodiscard]] long double time_of(long double orders) const noexcept;
    };
    friend std::uint64_t orders_arriving_in(const arrivals& when, std::uint64_t seed);

    arrival_schedule(const arrivals& when, std::uint64_t seed, std::uint64_t orders);
    void add_segment(const arrival_rate& from, const arrival_rate& to, duration length);
    [[nodiscard]] long double expected() const noexcept { return segments_.back().before + segments_.back().count; }
    [[nodiscard]] double gap_after(std::uint64_t index) const noexcept;
    [[nodiscard]] long double position(std::uint64_t index) const noexcept;

    std::uint64_t orders_ = 0, seed_ = 0;
    arrival_process process_;
    std::vector<segment> segments_;
    bool has_duration_ = false;
    /// Poisson: the position of every 64th order, in mean gaps from the start.
    std::vector<double> positions_;
};

/// The number of arrivals within the time of an open load with a duration. More than max_arrivals: max_arrivals + 1.
[[nodiscard]] std::uint64_t orders_arriving_in(const arrivals& when, std::uint64_t seed);
inline constexpr std::uint64_t max_arrivals = 10'000'000;

}  // namespace pipebench

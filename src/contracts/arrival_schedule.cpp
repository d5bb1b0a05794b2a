#include "contracts/arrival_schedule.hpp"

#include "contracts/random.hpp"

#include <algorithm>
#include <cmath>

namespace pipebench {
namespace {

constexpr std::uint64_t block = 64;  ///< orders whose gaps are added up again to find one of them

long double ns(duration d) { return static_cast<long double>(std::chrono::nanoseconds(d).count()); }
long double per_ns(const arrival_rate& r) { return static_cast<long double>(r.orders) / ns(r.per); }

/// A time that no arrival comes near: ten days more than the longest duration.
constexpr duration without_end = max_duration + std::chrono::hours{240};

}  // namespace

arrival_schedule::arrival_schedule(const workload& work) : arrival_schedule(work.arrive, work.seed, work.orders) {}

arrival_schedule::arrival_schedule(const arrivals& when, std::uint64_t seed, std::uint64_t orders)
    : orders_(orders), seed_(splitmix64_mix(seed)), process_(when.process), has_duration_(when.time > duration{}) {
    if (when.rate.orders > 0) add_segment(when.rate, when.rate, when.time > duration{} ? when.time : without_end);
    else if (when.ramp.from.orders > 0) add_segment(when.ramp.from, when.ramp.to, when.time);
    else
        for (const auto& rate : when.steps) add_segment(rate, rate, when.time);
    if (!open() || process_.is != arrival_process::kind::poisson) return;
    double sum = 0;
    for (std::uint64_t i = 0; i < orders; ++i) {
        if (i % block == 0) positions_.push_back(sum);
        sum += gap_after(i);
    }
}

void arrival_schedule::add_segment(const arrival_rate& from, const arrival_rate& to, duration length) {
    const auto expected_at = [&](const arrival_rate& r) {
        return ns(length) * static_cast<long double>(r.orders) / ns(r.per);
    };
    segment s{from, to, 0, ns(length), 0, (expected_at(from) + expected_at(to)) / 2};
    if (!segments_.empty()) {
        s.begin_ns = segments_.back().begin_ns + segments_.back().length_ns;
        s.before = expected();
    }
    segments_.push_back(s);
}

long double arrival_schedule::segment::time_of(long double orders) const noexcept {
    // Without a rounded rate in between, so that whole nanoseconds stay whole.
    if (from == to) return orders * ns(from.per) / static_cast<long double>(from.orders);
    // The inverse of  a t + (b - a) t^2 / (2 length).
    const auto a = per_ns(from), slope = (per_ns(to) - a) / length_ns;
    return 2 * orders / (a + std::sqrt(std::max(0.0L, a * a + 2 * slope * orders)));
}

/// An exponential gap of mean 1 before the arrival `index`, from 0.
double arrival_schedule::gap_after(std::uint64_t index) const noexcept {
    auto state = seed_ + index * 0x9e3779b97f4a7c15;
    const double uniform = static_cast<double>(splitmix64(state) >> 11) * 0x1p-53;
    return -std::log1p(-uniform);
}

/// How many orders are expected to arrive before this one: its index, unless arrivals come by chance or in bursts.
long double arrival_schedule::position(std::uint64_t index) const noexcept {
    if (process_.is != arrival_process::kind::poisson) return static_cast<long double>(index - index % process_.size);
    double sum = positions_[index / block];
    for (auto i = index - index % block; i <= index; ++i) sum += gap_after(i);
    return sum;
}

std::chrono::nanoseconds arrival_schedule::at(order_id id) const noexcept {
    if (!open() || id == 0) return std::chrono::nanoseconds{0};
    const auto y = position(id - 1);
    auto s = segments_.begin();
    while (s + 1 != segments_.end() && y >= s->before + s->count) ++s;
    return std::chrono::nanoseconds{static_cast<std::int64_t>(s->begin_ns + s->time_of(y - s->before))};
}

std::chrono::nanoseconds arrival_schedule::end() const noexcept {
    if (!open()) return std::chrono::nanoseconds{0};
    const auto& s = segments_.back();
    if (has_duration_) return std::chrono::nanoseconds{static_cast<std::int64_t>(s.begin_ns + s.length_ns)};
    if (process_.is == arrival_process::kind::poisson) return last();
    return std::chrono::nanoseconds{static_cast<std::int64_t>(s.time_of(static_cast<long double>(orders_)))};
}

std::uint64_t arrival_schedule::due_by(std::chrono::nanoseconds t) const noexcept {
    std::uint64_t arrived = 0, beyond = orders_ + 1;  // the first order that has not arrived
    while (beyond - arrived > 1) {
        const auto middle = arrived + (beyond - arrived) / 2;
        (at(middle) <= t ? arrived : beyond) = middle;
    }
    return arrived;
}

std::uint64_t orders_arriving_in(const arrivals& when, std::uint64_t seed) {
    const arrival_schedule schedule(when, seed, 0);
    const auto expected = schedule.expected();
    const auto most = static_cast<long double>(max_arrivals);
    if (when.process.is != arrival_process::kind::poisson) {
        const auto size = static_cast<long double>(when.process.size);
        return static_cast<std::uint64_t>(std::min(std::ceil(expected / size) * size, most + 1));
    }
    std::uint64_t count = 0;
    for (double sum = schedule.gap_after(0); sum < expected && count <= max_arrivals; ++count)
        sum += schedule.gap_after(count + 1);
    return count;
}

}  // namespace pipebench

#include "pipeline/transform_work.hpp"

#include "contracts/dice.hpp"
#include "pipeline/transform.hpp"
#include "system/cpu_time.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

namespace pipebench {
namespace {

constexpr std::uint64_t multiplier = 6364136223846793005;  // of Knuth's MMIX generator: odd, its bits well mixed
constexpr std::uint64_t costs = 0x636f737473;              // so that the draws are not those of the order
constexpr std::uint64_t rounds_of_a_try = 20'000;
constexpr int tries = 5;

using block = std::array<unsigned char, 64>;

/// Texts of the row, repeated until the block is full.
block block_of(const order_row& row) {
    block out{};
    std::size_t filled = 0;
    while (filled < out.size())
        for (const std::string_view text : {std::string_view(row.promised_on), std::string_view(row.customer),
                                            std::string_view(row.line_totals), std::string_view(" ")}) {
            const auto n = std::min(text.size(), out.size() - filled);
            std::copy_n(text.begin(), n, out.begin() + static_cast<std::ptrdiff_t>(filled));
            filled += n;
        }
    return out;
}

std::uint64_t one_round(const block& bytes, std::uint64_t hash) {
    for (const auto byte : bytes) hash = hash * multiplier + byte;
    return hash;
}

/// Not inlined, so that the calibration measures what the orders execute.
[[gnu::noinline]] std::uint64_t do_rounds(const block& bytes, std::uint64_t hash, std::uint64_t rounds) {
    for (; rounds > 0; --rounds) hash = one_round(bytes, hash);
    return hash;
}

/// The map h -> factor h + summand.
struct affine_map {
    std::uint64_t factor = 1, summand = 0;
    [[nodiscard]] std::uint64_t of(std::uint64_t h) const { return factor * h + summand; }
};

affine_map then(const affine_map& first, const affine_map& second) {
    return {second.factor * first.factor, second.of(first.summand)};
}

affine_map power(affine_map one, std::uint64_t n) {
    affine_map out;
    for (; n > 0; n /= 2, one = then(one, one))
        if (n % 2 == 1) out = then(out, one);
    return out;
}

affine_map map_of_a_round(const block& bytes) {
    const auto summand = one_round(bytes, 0);
    return {one_round(bytes, 1) - summand, summand};
}

double thread_cpu_us() { return std::chrono::duration<double, std::micro>(time_of(CLOCK_THREAD_CPUTIME_ID)).count(); }

}  // namespace

transform_work::transform_work(const workload& work, double rounds_per_us)
    : cost_(work.transform_cost), seed_(work.seed), rounds_per_us_(rounds_per_us) {}

std::uint64_t transform_work::rounds_of(order_id id) const noexcept {
    if (none()) return 0;
    auto us = static_cast<double>(cost_.mean.count());
    if (cost_.sigma > 0) us *= dice(seed_ ^ costs, id).lognormal(cost_.sigma);
    us = std::min(us, static_cast<double>(longest_cpu_cost.count()));
    return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::llround(us * rounds_per_us_)));
}

void transform_work::spend(order_row& row) const noexcept {
    if (none()) return;
    const auto hash = do_rounds(block_of(row), static_cast<std::uint64_t>(row.checksum), rounds_of(row.id));
    row.checksum = static_cast<std::int64_t>(hash);
}

std::int64_t transform_work::checksum_after(const order_row& row) const {
    const auto usual = checksum_of(row);
    if (none()) return usual;
    const auto all = power(map_of_a_round(block_of(row)), rounds_of(row.id));
    return static_cast<std::int64_t>(all.of(static_cast<std::uint64_t>(usual)));
}

double calibrate_transform_work() {
    double best = 0;
    for (int i = 0; i < tries; ++i) {
        const double before = thread_cpu_us();  // CPU time, which other programs do not lengthen
        spend_rounds(rounds_of_a_try);
        best = std::max(best, static_cast<double>(rounds_of_a_try) / (thread_cpu_us() - before));
    }
    return best;
}

void spend_rounds(std::uint64_t rounds) noexcept {
    if (rounds == 0) return;
    // The byte and the result are volatile: otherwise a compiler may leave the work out.
    volatile unsigned char byte = 7;
    const unsigned char known_at_run_time = byte;
    block bytes{};
    bytes.fill(known_at_run_time);
    [[maybe_unused]] const volatile auto result = do_rounds(bytes, 0, rounds);
}

}  // namespace pipebench

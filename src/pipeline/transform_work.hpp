// CPU work that is added to the transform of each order (--transform-cost): a fixed number of rounds per order,
// whatever a clock says.
//
// A round is a polynomial hash (Horner's rule, modulo 2^64) of 64 bytes of the row, which goes on from the hash of
// the round before, so that no round can be left out or be done beside another. The first one goes on from the row's
// checksum, and the last one becomes it: a row whose work was skipped, cut short or done for another order is corrupt
// for the ledger. The ledger does not have to repeat the work: a round is an affine map of the hash, h -> a h + b,
// and the n-th power of such a map takes log n steps.
#pragma once

#include "pipebench/order.hpp"
#include "pipebench/workload.hpp"

#include <cstdint>

namespace pipebench {

/// The work of a run. Immutable; for any thread.
class transform_work {
public:
    /// None: rows keep their checksum.
    transform_work() = default;
    /// `rounds_per_us`: from calibrate_transform_work(), the same in all processes of a session; not used without a
    /// cost.
    transform_work(const workload& work, double rounds_per_us);

    [[nodiscard]] bool none() const noexcept { return cost_.none(); }
    /// Of the order: follows from the seed, the cost and the calibration alone.
    [[nodiscard]] std::uint64_t rounds_of(order_id id) const noexcept;

    /// Does the work. `row` has its usual checksum (transform.hpp), which is replaced.
    void spend(order_row& row) const noexcept;
    /// The checksum of a row after spend(), without the work. The checksum that the row has does not matter.
    [[nodiscard]] std::int64_t checksum_after(const order_row& row) const;

private:
    cpu_cost cost_;
    std::uint64_t seed_ = 0;
    double rounds_per_us_ = 0;
};

/// Rounds that one microsecond of CPU does on this machine: the best of five tries of about 2 ms of CPU each.
[[nodiscard]] double calibrate_transform_work();

/// For work that no row carries: does that many rounds.
void spend_rounds(std::uint64_t rounds) noexcept;

}  // namespace pipebench

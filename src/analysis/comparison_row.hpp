// One row of a comparison: a metric of a pattern, judged. Pure.
#pragma once

#include "analysis/comparison.hpp"

#include <span>
#include <string>
#include <vector>

namespace pipebench {

/// One side of one pattern.
struct compared_side {
    std::span<const session_result> sessions;
    std::vector<std::size_t> counted;  ///< indices of those whose runs of the pattern can all be trusted
};

/// What the rows of one pattern have in common.
struct compared_pattern {
    std::string pattern;
    compared_side base, head;
    const comparison& all;  ///< for the movement of the box

    [[nodiscard]] bool trusted() const { return !base.counted.empty() && !head.counted.empty(); }
};

/// Head has more lost, corrupt or unexpected orders than base, of as many.
[[nodiscard]] bool is_new_loss(const compared_pattern& p, const metric& m);

/// `alpha`: the row's share. A metric without a finite threshold is left unjudged, unless orders were lost.
[[nodiscard]] comparison_row make_row(const compared_pattern& p, const threshold& t, double alpha);

}  // namespace pipebench

// Sweeps that were not measured: patterns a, b, c, ... over --concurrency.
#pragma once

#include "analysis/sweep.hpp"
#include "support/sample_result.hpp"

#include <string>
#include <utility>
#include <vector>

namespace pipebench::test {

/// A point at which the patterns a, b, c, ... took these times.
inline sweep_point sweep_point_of(const std::string& value, const std::vector<double>& times,
                                  std::uint64_t rounds = 1) {
    sweep_point out{value, "c=" + value, {}, {}};
    out.result.rounds = rounds;
    for (std::uint64_t round = 1; round <= rounds; ++round)
        for (std::size_t i = 0; i < times.size(); ++i) {
            auto run = sample_run(
                {std::string(1, static_cast<char>('a' + i)), "", 100, times[i], 200, 210, 1, 10, 9, 1, 100});
            run.round = round;
            out.result.runs.push_back(run);
        }
    return out;
}

inline sweep_outcome sweep_of(std::vector<sweep_point> points, std::vector<std::string> patterns = {"a", "b"}) {
    sweep_outcome out;
    out.option = "--concurrency";
    out.patterns = std::move(patterns);
    out.points = std::move(points);
    out.rounds = out.points.front().result.rounds;
    return out;
}

}  // namespace pipebench::test

// How far the box itself moved between sessions, by the yardsticks beside their runs (measure/yardstick.hpp). Pure.
// docs/why.md tells the experiment behind it.
#pragma once

#include "analysis/metrics.hpp"
#include "pipebench/result.hpp"

#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace pipebench {

inline constexpr std::size_t fewest_yardstick_pieces = 3;  ///< that all sessions have

struct moved_piece {
    std::string name;
    double factor = 1;  ///< head / base: above 1 is slower
};

struct box_movement {
    double factor = 1;  ///< head / base: the geometric mean of the pieces'
    double error = 0;   ///< standard error of the factor's logarithm, from the differences between the pieces
    std::vector<moved_piece> pieces;
    /// How much slower the box was in each session than on average over all of them, as a logarithm.
    std::vector<double> base, head;
    /// Between the runs of one session: scaled MAD of the logarithm, one for each session.
    std::vector<double> base_spread, head_spread;
};

/// `clock`: not `none`. The movement, or why it is not known: "no yardstick in base".
[[nodiscard]] std::variant<box_movement, std::string>
movement_between(std::span<const session_result> base, std::span<const session_result> head, box_clock clock);

struct piece_level {
    std::string name;
    double elapsed_us = 0;  ///< pseudo-median over the runs
};

/// The box in one session.
struct box_level {
    std::vector<piece_level> pieces;
    double spread = 0;  ///< between the runs: scaled MAD of the logarithm of elapsed times
};
/// nullopt without a yardstick.
[[nodiscard]] std::optional<box_level> level_of(const session_result& s);

inline constexpr double speed_change_worth_a_warning = 0.1;   ///< share, of the yardstick's loop
inline constexpr double steal_change_worth_a_warning = 0.02;  ///< share of the box's time
/// A line for each of speed and steal that changed by more from the first half of a session's runs to the second, by
/// medians. Only the speed of the cores changes the CPU time of the loop.
[[nodiscard]] std::vector<std::string> changes_within(const session_result& s);

}  // namespace pipebench

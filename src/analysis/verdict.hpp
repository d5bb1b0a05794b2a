// Judges a row by its measured numbers alone. Pure.
#pragma once

#include "pipebench/result.hpp"

#include <string>

namespace pipebench {

inline constexpr double default_busy_limit = 0.2;

/// The facts that a row does not contain.
struct verdict_context {
    double cores = 1;                        ///< usable: box_info::usable_cores()
    std::uint64_t database_connections = 0;  ///< used by the pattern
    std::uint64_t begun_again = 0;           ///< orders whose first holder died
    bool own_postgres = false;               ///< a throwaway one, which has the connections that the runs need
    bool separate_source = true;             ///< see needs
    double floor_tolerance = 0;              ///< share by which a correct time may be below the floor
    double busy_limit = default_busy_limit;  ///< share of the machine that other programs may use
    build_info build;
    std::string death;           ///< how the run or a server of pipebench's died; empty if they ended as planned
    std::string ledger_failure;  ///< why the ledger could not be read
    std::string bad_times;       ///< why the times of an open run's orders cannot be used; may be empty
    std::string explanation;     ///< of orders that are lost; may be empty
};

[[nodiscard]] verdict judge(const run_result& run, const verdict_context& context);

}  // namespace pipebench

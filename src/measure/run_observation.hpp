// What was seen of one run from outside, from its start until it and all that it started was gone.
#pragma once

#include "pipebench/result.hpp"
#include "system/box.hpp"
#include "system/child_process.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pipebench {

struct run_observation {
    child_end end;  ///< of the last of its processes, with what all of them have used
    memory_usage memory;
    std::vector<service_usage> services;  ///< PSS; CPU where it is not known from elsewhere
    double harness_cpu_s = 0;
    box_time box;  ///< that passed meanwhile
    flight_view in_flight;
    series_view series;
    kill_target struck = kill_target::none;        ///< by the first incident; none: nothing was killed
    unsigned runs = 1;                             ///< started
    std::vector<std::string> notes;                ///< what the run printed, line by line, bounded
    double cpu_before_start_s = 0;                 ///< of a program: what it used before it said that it starts
    bool out_of_time = false;                      ///< it took longer than its limit
    std::optional<std::uint64_t> in_flight_limit;  ///< that a program said it has

    /// Its own last line, or how its process ended.
    [[nodiscard]] std::string last_words() const { return notes.empty() ? end.describe() : notes.back(); }
};

}  // namespace pipebench

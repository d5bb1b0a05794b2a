// What the session observed of one run, from its start until all of its processes had ended.
#pragma once

#include "pipebench/result.hpp"
#include "system/box.hpp"
#include "system/child_process.hpp"

#include <sys/wait.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pipebench {

struct run_observation {
    child_end end;  ///< end of the last process, with the resource usage of all
    memory_usage memory;
    std::vector<service_usage> services;  ///< PSS, and CPU unless it is known from elsewhere
    double harness_cpu_s = 0;
    box_time box;  ///< during the run
    flight_view in_flight;
    series_view series;
    /// Of a runner that does not tell begins: orders offered and not ended, at the times of `series`.
    std::vector<double> not_ended;
    kill_target struck = kill_target::none;  ///< target of the first incident; none if no incident happened
    unsigned runs = 1;                       ///< number of starts
    std::vector<std::string> notes;          ///< lines that the run printed, up to a limit
    double cpu_before_start_s = 0;           ///< for a runner: CPU time before it reported its start
    bool asked_to_end = false;               ///< the drain was over
    bool given_up = false;                   ///< and orders have not ended
    bool out_of_time = false;                ///< it exceeded its time limit
    /// How servers of the session died or crashed during the run although no incident was planned.
    std::vector<std::string> server_failures;
    std::string misread_lines;  ///< of a runner: how many lines were not understood, and the first; or empty
    std::optional<std::uint64_t> in_flight_limit;  ///< as reported by a runner
    std::uint64_t told_stored = 0;                 ///< orders that the run itself said were stored
    std::vector<joined_worker> workers;            ///< that have joined from other machines
    std::uint64_t too_early = 0;                   ///< orders that a runner began or ended before they arrived

    /// Whether workers on other machines did the work. What this machine shows is then of a part of the run.
    [[nodiscard]] bool is_elsewhere() const noexcept { return !workers.empty(); }
    /// The last line that it printed, or how its process ended if it printed none or was killed.
    [[nodiscard]] std::string last_words() const {
        return notes.empty() || WIFSIGNALED(end.status) ? end.describe() : notes.back();
    }
};

}  // namespace pipebench

// Parameters and addresses for the process of a run. They are passed in memory, never in argv or the environment,
// because addresses hold secrets.
#pragma once

#include "contracts/addresses.hpp"
#include "pipebench/pattern.hpp"
#include "pipebench/workload.hpp"
#include "system/descriptor.hpp"

#include <string>

namespace pipebench {

struct run_spec {
    std::string pattern;
    workload work;
    addresses where;
    bool profile_stages = false;       ///< sample where CPU time goes
    bool loop_lag = false;             ///< measure how late the timers of event loops are
    double transform_rounds_per_us{};  ///< of --transform-cost; not used without
    std::string schedule{};            ///< of a runner under open load: the path of its schedule_file
    run_part part = run_part::whole;
    std::string instance{};  ///< of workers of a session elsewhere
};

/// The descriptors that `pipebench _run` finds open.
inline constexpr int spec_descriptor = 3;
inline constexpr int recorder_descriptor = 4;

/// Returns a descriptor from which a child reads the spec.
[[nodiscard]] descriptor write_spec(const run_spec& spec);
/// Throws setup_error if it does not find a spec there.
[[nodiscard]] run_spec read_spec(int from);

}  // namespace pipebench

// What a run's own process reads: the parameters and the addresses. It goes through memory, never through
// argv or the environment, since the addresses hold secrets.
#pragma once

#include "contracts/addresses.hpp"
#include "pipebench/workload.hpp"
#include "system/descriptor.hpp"

#include <string>

namespace pipebench {

struct run_spec {
    std::string pattern;
    workload work;
    addresses where;
    bool profile_stages = false;  ///< sample where CPU time goes
};

/// The descriptors that `pipebench _run` finds open.
inline constexpr int spec_descriptor = 3;
inline constexpr int recorder_descriptor = 4;

/// A descriptor to read the spec from, for a child to inherit.
[[nodiscard]] descriptor write_spec(const run_spec& spec);
/// Throws setup_error when what is there is not a spec.
[[nodiscard]] run_spec read_spec(int from);

}  // namespace pipebench

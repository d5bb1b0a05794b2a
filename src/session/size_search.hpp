// Searches for each pattern the smallest size (permits, threads, processes, workers) that meets the objectives at a
// rate. It begins where queueing theory expects it, and confirms its answer with a longer run and with one at half of
// the size. A pattern that nothing bounds is measured once.
#pragma once

#include "session/load_search.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pipebench {

struct sized_pattern {
    std::shared_ptr<const contestant> who;
    session_at at;                                     ///< a session of it alone, with this size
    std::function<std::string(const workload&)> what;  ///< "5 permits"
};

struct size_search_settings {
    std::vector<sized_pattern> patterns;  ///< at least one; of the same work
    std::optional<duration> length;       ///< of every point; nullopt: as long as the objectives require
};

/// As run_rate_search().
[[nodiscard]] load_search_outcome run_size_search(const size_search_settings& settings,
                                                  const load_search_observer& observer);
[[nodiscard]] load_search_outcome run_size_search(const size_search_settings& settings,
                                                  const load_search_observer& observer,
                                                  const session_function& measure);

}  // namespace pipebench

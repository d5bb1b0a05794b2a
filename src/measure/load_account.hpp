// Computes what is known of an open run alone: rates, waits, the queue, objectives. Pure.
#pragma once

#include "analysis/forecast.hpp"
#include "contracts/run_reader.hpp"
#include "pipebench/result.hpp"
#include "pipebench/workload.hpp"

#include <cstdint>

namespace pipebench {

[[nodiscard]] load_view load_of(const run_reader& record, const series_view& series, const forecast_terms& terms);

/// The orders of the window that have arrived by now: all, unless the run was interrupted.
[[nodiscard]] std::uint64_t orders_in_window(const run_reader& record, const workload& work);

}  // namespace pipebench

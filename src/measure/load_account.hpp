// Computes what is known of an open run alone: rates, waits, the queue, objectives. Pure.
#pragma once

#include "analysis/forecast.hpp"
#include "contracts/run_reader.hpp"
#include "pipebench/result.hpp"
#include "pipebench/workload.hpp"

namespace pipebench {

[[nodiscard]] load_view load_of(const run_reader& record, const series_view& series, const forecast_terms& terms);

}  // namespace pipebench

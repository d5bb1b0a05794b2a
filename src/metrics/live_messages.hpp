// What a session tells its metrics process, as JSON: one message each time that a run begins, goes on, or ends. Both
// sides are the same binary. The record of orders is not among it: the process maps the recorder of the run.
#pragma once

#include "measure/run_glance.hpp"
#include "pipebench/result.hpp"
#include "pipebench/workload.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pipebench {

/// The first one: who talks.
struct session_opening {
    std::string command;     ///< the subcommand
    std::string started_at;  ///< UTC
};

/// Comes with the descriptor of the run's recorder, unless another program has that.
struct run_opening {
    std::string pattern;  ///< id of the contestant
    std::string scenario;
    std::uint64_t round = 1, rounds = 1, run = 1, of = 1;
    bool warmup = false;
    bool is_part = false;  ///< of a run elsewhere: what arrives and waits is not seen
    double floor_s = 0;
    std::optional<std::uint64_t> in_flight_limit;  ///< nullopt: nothing bounds it
    workload work;
};

struct run_closing {
    std::string verdict{};
    static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    double time_s = unknown, orders_per_s = unknown;
    double cpu_s = unknown, harness_cpu_s = unknown;
    std::vector<service_usage> services{};
    bool ledger_checked = false;
    std::uint64_t lost = 0, corrupt = 0, unexpected = 0;
};

using live_message = std::variant<session_opening, run_opening, run_glance, run_closing>;

inline constexpr std::size_t longest_live_message = 128 * 1024;  ///< a socket's buffer holds it
inline constexpr std::size_t most_workers_told = 100;            ///< the first of run_glance::workers

[[nodiscard]] std::string to_text(const live_message& m);
/// Throws setup_error for any other text.
[[nodiscard]] live_message parse_live_message(std::string_view text);

}  // namespace pipebench

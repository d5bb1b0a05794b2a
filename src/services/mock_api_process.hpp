// The mock order API as a separate process: this binary, started as `pipebench mock-api`.
#pragma once

#include "pipebench/result.hpp"
#include "pipebench/workload.hpp"
#include "system/child_process.hpp"
#include "system/patience.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace pipebench {

class mock_api_process {
public:
    /// Starts `binary`, which is pipebench. `scenario`: a name or a file, or empty. Returns when it listens. Throws
    /// `interrupted` or setup_error.
    mock_api_process(const std::string& binary, const workload& work, const std::string& scenario = {},
                     const patience& until = {});

    [[nodiscard]] std::string url() const;
    [[nodiscard]] pid_t pid() const noexcept { return server_.pid(); }

    /// How it died: "the mock API died amid the run: killed by signal 9 (Killed)"; empty while it lives.
    [[nodiscard]] std::string failure();

    /// The outage of the scenario, once it has begun: returned once.
    struct outage {
        std::chrono::steady_clock::time_point from, to;
    };
    [[nodiscard]] std::optional<outage> take_outage();

    struct usage {
        api_view seen;  ///< its counters; not known if it sent none
        double cpu_s = 0;
    };
    /// Kills it if it does not end in time.
    usage stop(const patience& until = {});

private:
    struct started;
    mock_api_process(started s, const patience& until);
    static started start(const std::string& binary, const workload& work, const std::string& scenario);

    descriptor channel_;
    child_process server_;
    unsigned port_ = 0;
};

/// What the server says when its outage begins: "outage FROM TO", in nanoseconds. nullopt: it says something else.
[[nodiscard]] std::optional<mock_api_process::outage> parse_outage(std::string_view message);

/// Reads the JSON of the server's GET /stats. Not known if it is not a JSON object.
[[nodiscard]] api_view parse_api_counters(const std::string& stats);

}  // namespace pipebench

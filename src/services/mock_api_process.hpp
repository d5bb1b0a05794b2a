// The mock order API as a process of its own: this binary, started again as `pipebench mock-api`.
#pragma once

#include "pipebench/result.hpp"
#include "pipebench/workload.hpp"
#include "system/child_process.hpp"

#include <string>

namespace pipebench {

class mock_api_process {
public:
    /// Starts `binary`, which is pipebench. `scenario`: a name or a file; empty: none. Returns when it listens.
    /// Throws setup_error.
    mock_api_process(const std::string& binary, const workload& work, const std::string& scenario = {});

    [[nodiscard]] std::string url() const;
    [[nodiscard]] pid_t pid() const noexcept { return server_.pid(); }

    struct usage {
        api_view seen;  ///< its counters; not known if it gave none
        double cpu_s = 0;
    };
    usage stop();

private:
    struct started;
    explicit mock_api_process(started s);
    static started start(const std::string& binary, const workload& work, const std::string& scenario);

    descriptor channel_;
    child_process server_;
    unsigned port_ = 0;
};

/// Reads the JSON of the server's GET /stats. Not known if it is no JSON object.
[[nodiscard]] api_view parse_api_counters(const std::string& stats);

}  // namespace pipebench

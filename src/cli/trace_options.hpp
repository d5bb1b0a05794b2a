// --trace and --trace-sample: what sampled orders did, in a file for a trace viewer.
#pragma once

#include "cli/output_file.hpp"
#include "session/session.hpp"

#include <optional>
#include <string>

namespace pipebench {

class option_set;

struct trace_options {
    std::string path;             ///< empty: no trace
    std::optional<double> share;  ///< of the orders; nullopt: default_trace_share
};
inline constexpr double default_trace_share = 0.01;

void declare_trace(option_set& options, trace_options& o);

/// Asks the session for a trace. Throws setup_error if there can be none, or if no order would be in it.
void use_trace(const trace_options& options, session_settings& s);

/// Construct it before any measurement: throws setup_error if the file cannot be written.
class trace_output {
public:
    explicit trace_output(const trace_options& options);
    /// Writes the file, if one is wanted. Throws setup_error. `until`: see output_file.
    void write(const session_settings& s, const session_outcome& outcome, const patience& until) const;

private:
    std::optional<output_file> file_;
};

}  // namespace pipebench

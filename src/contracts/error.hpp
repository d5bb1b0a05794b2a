// Failures of set-up: they are thrown, and caught once, in main. Failures of one order are values: see outcome.hpp.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace pipebench {

/// The exit code of the process. Documented in --help and README.
enum class exit_code : int {
    ok = 0,               ///< all well
    check_failed = 1,     ///< an assertion, comparison or gate failed
    unusable = 2,         ///< usage or environment error: nothing was measured
    not_trustworthy = 3,  ///< the ledger does not balance, or the measurement is invalid
    interrupted = 130,    ///< SIGINT; the partial result was written
    terminated = 143,     ///< SIGTERM or SIGHUP; the partial result was written
};

/// The exit code of a command that SIGINT, SIGTERM or SIGHUP interrupted.
[[nodiscard]] exit_code code_of_signal(int signal) noexcept;

/// A wrong option or a problem of the environment. `what()` is one line: what is wrong, where, and how to correct it.
/// It must never contain a secret, or an input that may hold one.
class setup_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// `prefix: <text of errno>`.
[[nodiscard]] setup_error system_failure(const std::string& prefix, int error_number);

/// A thread or a process could not be started: names the limits that forbid it. `what`: "a thread".
[[nodiscard]] setup_error start_failure(const std::string& what, int error_number);

/// Makes foreign text safe to print: the result is valid UTF-8 of at most `limit` bytes of the text. ASCII control
/// characters, such as terminal escapes, are shown as \xNN; C1 controls and characters that change the direction of
/// writing are replaced.
[[nodiscard]] std::string printable(std::string_view foreign, std::size_t limit = 400);

/// The message of a library as one printable line: libpq ends its lines with a line feed and quotes the statement
/// below, and the JSON library begins with a code.
[[nodiscard]] std::string one_line(std::string_view message, std::size_t limit = 400);

}  // namespace pipebench

// Maps PostgreSQL's error codes to error kinds. Source: PostgreSQL manual, appendix A.
#pragma once

#include "pipebench/outcome.hpp"

#include <string_view>

namespace pipebench {

/// `reset` if the connection or the server went away, or the transaction was rolled back because of another one: the
/// same statement may succeed on another try. `database` for every other code or text.
[[nodiscard]] constexpr error_kind kind_of_sql_state(std::string_view code) noexcept {
    for (const std::string_view transient : {"08", "40", "53", "57P"})
        if (code.size() == 5 && code.starts_with(transient)) return error_kind::reset;
    return error_kind::database;
}

}  // namespace pipebench

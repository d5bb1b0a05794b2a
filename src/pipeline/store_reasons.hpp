// Why a row could not be stored, for the report. Pure.
#pragma once

#include "pipebench/outcome.hpp"

#include <string>
#include <string_view>

namespace pipebench {

/// "SQLSTATE 42P01: relation "x" does not exist": of PostgreSQL's message, which may begin with its severity.
[[nodiscard]] std::string refusal_reason(std::string_view sql_state, std::string_view message);
/// Of a connection that failed: libpq's message, or the time limit that has passed.
[[nodiscard]] std::string connection_reason(error_kind kind, std::string_view message);

}  // namespace pipebench

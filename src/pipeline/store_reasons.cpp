#include "pipeline/store_reasons.hpp"

#include "contracts/error.hpp"

#include <fmt/format.h>

namespace pipebench {

std::string refusal_reason(std::string_view sql_state, std::string_view message) {
    constexpr std::string_view severity = "ERROR:";
    if (message.starts_with(severity)) message.remove_prefix(severity.size());
    return fmt::format("SQLSTATE {}: {}", sql_state.empty() ? "unknown" : sql_state, one_line(message));
}

std::string connection_reason(error_kind kind, std::string_view message) {
    if (kind == error_kind::timeout) return "no answer of PostgreSQL within the time limit of an attempt";
    return message.empty() ? "the connection to PostgreSQL was lost" : one_line(message);
}

}  // namespace pipebench

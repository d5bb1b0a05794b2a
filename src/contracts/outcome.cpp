#include "pipebench/outcome.hpp"

namespace pipebench {

bool is_valid(const outcome& o) noexcept {
    return static_cast<std::size_t>(o.at) < stage_count && static_cast<std::size_t>(o.kind) < error_kind_count;
}

std::string_view name_of(stage s) noexcept {
    static constexpr std::array<std::string_view, stage_count> names{"fetch", "transform", "store", "schedule"};
    return names.at(static_cast<std::size_t>(s));
}

std::string_view name_of(error_kind k) noexcept {
    static constexpr std::array<std::string_view, error_kind_count> names{
        "none",        "connect",      "resources",   "reset",       "timeout",   "deadline",
        "throttled",   "server_error", "rejected",    "protocol",    "too_large", "bad_content",
        "wrong_order", "database",     "worker_died", "dead_letter", "overloaded"};
    return names.at(static_cast<std::size_t>(k));
}

}  // namespace pipebench

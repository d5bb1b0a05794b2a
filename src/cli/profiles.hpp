// Named sets of parameters; every parameter can still be set alone.
#pragma once

#include "pipebench/workload.hpp"

#include <span>
#include <string_view>

namespace pipebench {

inline constexpr unsigned default_concurrency = 100;

struct profile {
    std::string_view id;
    std::string_view question;  ///< that it answers
    workload (*at)(unsigned concurrency);
};

/// The table; the first is the default.
[[nodiscard]] std::span<const profile> profiles() noexcept;

}  // namespace pipebench

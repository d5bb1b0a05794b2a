// Named sets of parameters. Each parameter can still be set separately.
#pragma once

#include "pipebench/workload.hpp"

#include <span>
#include <string_view>

namespace pipebench {

inline constexpr unsigned default_concurrency = 100;

struct profile {
    std::string_view id;
    std::string_view question;  ///< question that the profile answers
    workload (*at)(unsigned concurrency);
};

/// The table of profiles; the first is the default.
[[nodiscard]] std::span<const profile> profiles() noexcept;

}  // namespace pipebench

// Asks a target for one order before anything is measured.
#pragma once

#include "contracts/mock_api_card.hpp"
#include "system/patience.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace pipebench {

struct probed_target {
    std::string address;                ///< the first IP address of its host that answered
    std::optional<mock_api_card> mock;  ///< if it is a mock API of a pipebench
};

/// Asks every address of the host for order 1 until one of them answers with it; several times if a failure may pass,
/// such as 503. `attempt`: the time limit of an exchange. Throws setup_error in one line, with the reasons:
/// "connection refused", "answered 404". It repeats no part of the URL but host and port. Throws `interrupted` after
/// a signal.
[[nodiscard]] probed_target probe_target(std::string_view url, duration attempt, const patience& waits);

}  // namespace pipebench

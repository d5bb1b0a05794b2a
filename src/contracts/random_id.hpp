// Random names, which no other process on any machine has.
#pragma once

#include "contracts/error.hpp"

#include <sys/random.h>

#include <fmt/format.h>

#include <string>

namespace pipebench {

/// Two hexadecimal digits for each byte of the number. Throws setup_error.
template <class Number>
[[nodiscard]] std::string random_hexadecimal() {
    Number id = 0;
    if (::getrandom(&id, sizeof id, 0) != sizeof id) throw setup_error("no random numbers to be had");
    return fmt::format("{:0{}x}", id, 2 * sizeof id);
}

}  // namespace pipebench

// Numbers for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pipebench {

/// 1234567 as "1,234,567".
[[nodiscard]] std::string grouped(std::uint64_t value);

/// "1 run", "2,000 runs"
[[nodiscard]] std::string counted(std::uint64_t n, std::string_view one, std::string_view many);

/// 0.05 as "5 %", with three significant digits.
[[nodiscard]] std::string as_percent(double share);

}  // namespace pipebench

#include "contracts/number.hpp"

#include <fmt/format.h>

namespace pipebench {

std::string grouped(std::uint64_t value) {
    std::string out = std::to_string(value);
    for (std::size_t at = out.size(); at > 3;) out.insert(at -= 3, ",");
    return out;
}

std::string counted(std::uint64_t n, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", grouped(n), n == 1 ? one : many);
}

std::string as_percent(double share) { return fmt::format("{:.3g} %", 100 * share); }

}  // namespace pipebench

#include "pipeline/test_cost.hpp"

#ifdef PIPEBENCH_TEST_COST

#include "pipeline/transform_work.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <string>

namespace pipebench {
namespace {

constexpr std::string_view setting = PIPEBENCH_TEST_COST;

std::uint64_t rounds = 0;  ///< per order; set before there is a second thread or process

}  // namespace

std::string choose_test_cost(std::string_view pattern, double rounds_per_us) {
    const auto colon = setting.find(':');
    if (setting.substr(0, colon) != pattern) return {};
    const auto ns = std::atoll(std::string(setting.substr(colon + 1)).c_str());
    rounds = static_cast<std::uint64_t>(std::llround(1e-3 * static_cast<double>(ns) * rounds_per_us));
    return fmt::format("TEST BUILD: {} ns of CPU added to every order", ns);
}

void spend_test_cost() noexcept { spend_rounds(rounds); }

}  // namespace pipebench

#endif

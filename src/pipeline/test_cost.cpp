#include "pipeline/test_cost.hpp"

#ifdef PIPEBENCH_TEST_COST

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>

namespace pipebench {
namespace {

constexpr std::string_view setting = PIPEBENCH_TEST_COST;

std::chrono::nanoseconds cost{0};  ///< set before there is a second thread or process

}  // namespace

std::string choose_test_cost(std::string_view pattern) {
    const auto colon = setting.find(':');
    if (setting.substr(0, colon) != pattern) return {};
    cost = std::chrono::nanoseconds(std::atoll(std::string(setting.substr(colon + 1)).c_str()));
    return fmt::format("TEST BUILD: {} ns of CPU added to every order", cost.count());
}

void spend_test_cost() noexcept {
    if (cost.count() == 0) return;
    // Wall time, because reading it needs no system call. A thread that is preempted here spends less CPU, which is
    // rare.
    const auto until = std::chrono::steady_clock::now() + cost;
    while (std::chrono::steady_clock::now() < until) {
    }
}

}  // namespace pipebench

#endif

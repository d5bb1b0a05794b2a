#include "report/words.hpp"

#include "contracts/number.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace pipebench::reporting {

std::string listed(const words& names) {
    if (names.size() < 2) return names.empty() ? "" : names.front();
    const words before(names.begin(), names.end() - 1);
    return fmt::format("{} and {}", fmt::join(before, ", "), names.back());
}

void add_named(words& out, std::string_view what, const words& names) {
    if (!names.empty()) out.push_back(fmt::format("{}: {}", what, listed(names)));
}

std::string unchanged(std::size_t figures, beside shown) {
    return fmt::format("{} did not change", shown == beside::others
                                                ? counted(figures, "other figure", "other figures")
                                                : counted(figures, "figure", "figures"));
}

}  // namespace pipebench::reporting

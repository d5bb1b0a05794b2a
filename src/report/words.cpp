#include "report/words.hpp"

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

}  // namespace pipebench::reporting

#include "contracts/suggestion.hpp"

#include "contracts/error.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

namespace pipebench {
namespace {

/// Levenshtein's distance.
std::size_t distance(const std::string& a, const std::string& b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0]++;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const auto replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

}  // namespace

std::string did_you_mean(const std::string& given, const std::vector<std::string>& known) {
    const auto nearer = [&](const auto& a, const auto& b) { return distance(given, a) < distance(given, b); };
    const auto nearest = std::min_element(known.begin(), known.end(), nearer);
    if (nearest == known.end() || distance(given, *nearest) > std::max<std::size_t>(2, nearest->size() / 3))
        return {};
    return fmt::format(", did you mean '{}'?", *nearest);
}

std::string not_one_of(const std::string& kind, const std::string& given, const std::vector<std::string>& known) {
    return fmt::format("'{}' is not a {}{} (known: {})", printable(given, 80), kind, did_you_mean(given, known),
                       fmt::join(known, ", "));
}

}  // namespace pipebench

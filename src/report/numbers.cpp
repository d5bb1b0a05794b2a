#include "report/numbers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace pipebench::reporting {

std::string fixed(double value, int decimals) {
    if (!std::isfinite(value)) return "-";
    if (value == 0) return "0";
    const double least = std::pow(10.0, -decimals);
    if (value > 0 && value < least / 2) return fmt::format("<{:.{}f}", least, decimals);
    if (std::abs(value) >= 1e12) return fmt::format("{:.3g}", value);
    std::string out = fmt::format("{:.{}f}", value, decimals);
    const std::size_t whole = std::min(out.find('.'), out.size());
    const std::size_t first = value < 0 ? 4 : 3;
    for (std::size_t at = whole; at > first;) out.insert(at -= 3, ",");
    return out;
}

std::string number(double value) {
    const double size = std::abs(value);
    return fixed(value, size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 3);
}

std::string seconds(double value) { return fixed(value, value < 1 ? 3 : 2); }

std::string megabytes(const known_bytes& bytes) { return bytes ? fixed(static_cast<double>(*bytes) / 1e6, 1) : "-"; }

std::string percent(double share) { return std::isfinite(share) ? fmt::format("{:.3g}", 100 * share) : "-"; }

std::string error_percent(std::uint64_t failed, std::uint64_t orders) {
    if (orders == 0) return "-";
    if (failed == orders) return "100";
    const double share = 100.0 * static_cast<double>(failed) / static_cast<double>(orders);
    return failed < orders && share >= 99.995 ? ">99.99" : fixed(share, 2);
}

std::string factor(double ratio) { return fixed(ratio, 3); }

std::string range_of(const ratio_estimate& e) {
    return e.range ? fmt::format("{} to {}", factor(e.range->low), factor(e.range->high)) : "-";
}

nlohmann::ordered_json json_of(const std::optional<interval>& range) {
    if (!range) return nullptr;
    return {{"low", range->low}, {"high", range->high}, {"confidence", range->confidence}};
}

std::string metric_name(const metric& m) {
    return m.unit.empty() ? std::string(m.title) : fmt::format("{} ({})", m.title, m.unit);
}

}  // namespace pipebench::reporting

#include "report/ratio_text.hpp"

#include <fmt/format.h>

#include <cmath>

namespace pipebench::reporting {
namespace {

constexpr std::size_t text_width = 118;  // columns of a terminal

}  // namespace

std::string number(double value) {
    const double size = std::abs(value);
    return fixed(value, size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 3);
}

std::string percent(double share) { return std::isfinite(share) ? fmt::format("{:.3g}", 100 * share) : "-"; }

std::string factor(double ratio) { return fixed(ratio, 3); }

std::string range_of(const ratio_estimate& e) {
    return e.range ? fmt::format("{} to {}", factor(e.range->low), factor(e.range->high)) : "-";
}

std::string metric_name(const metric& m) {
    return m.unit.empty() ? std::string(m.title) : fmt::format("{} ({})", m.title, m.unit);
}

std::string wrapped(const std::string& text, std::size_t indent) {
    std::string out, lead;
    for (const auto& line : wrap(text, text_width)) {
        out += lead + line + "\n";
        lead.assign(indent, ' ');
    }
    return out;
}

nlohmann::ordered_json json_of(const std::optional<interval>& range) {
    if (!range) return nullptr;
    return {{"low", range->low}, {"high", range->high}, {"confidence", range->confidence}};
}

}  // namespace pipebench::reporting

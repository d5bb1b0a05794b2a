#include "cli/thresholds.hpp"

#include "cli/options.hpp"
#include "contracts/error.hpp"
#include "contracts/suggestion.hpp"
#include "contracts/units.hpp"

#include <fmt/format.h>

namespace pipebench {
namespace {

threshold parse_threshold(const std::string& text) {
    const auto equals = text.find('=');
    const auto name = text.substr(0, equals);
    std::vector<std::string> known;
    for (const auto& m : metrics()) known.emplace_back(m.id);
    const auto* of = find_metric(name);
    if (of == nullptr) throw setup_error(not_one_of("metric", name, known));
    const auto share = equals == std::string::npos ? std::nullopt : parse_share(text.substr(equals + 1));
    if (!share)
        throw setup_error(
            fmt::format("'{}' is not METRIC=SHARE with a share from 0% to 100%, such as {}=5% or {}=0.05",
                        printable(text, 80), name, name));
    return {of, *share};
}

}  // namespace

void declare_thresholds(option_set& options, std::vector<threshold>& out) {
    options.repeated(
        "--threshold", "METRIC=SHARE", [&out](const std::string& text) { out.push_back(parse_threshold(text)); },
        "ignore smaller changes of this metric: p99_ms=30%; repeatable");
}

}  // namespace pipebench

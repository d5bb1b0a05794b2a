#include "cli/thresholds.hpp"

#include "cli/values.hpp"
#include "contracts/error.hpp"
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
    if (of == nullptr) throw CLI::ValidationError("--threshold", not_one_of("metric", name, known));
    const auto share = equals == std::string::npos ? std::nullopt : parse_share(text.substr(equals + 1));
    if (!share)
        throw CLI::ValidationError("--threshold",
                                   fmt::format("'{}' is not METRIC=SHARE with a share from 0% to 100%, "
                                               "such as {}=5% or {}=0.05",
                                               printable(text, 80), name, name));
    return {of, *share};
}

}  // namespace

void declare_thresholds(CLI::App& app, const thresholds_ptr& out) {
    app.add_option_function<std::vector<std::string>>(
           "--threshold",
           [out](const std::vector<std::string>& given) {
               for (const auto& text : given) out->push_back(parse_threshold(text));
           },
           "METRIC=5%: what a change of this metric must exceed; may be given several times")
        ->type_name("METRIC=SHARE")
        ->allow_extra_args(false);
}

}  // namespace pipebench

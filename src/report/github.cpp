// For github-action-benchmark (https://github.com/benchmark-action/github-action-benchmark), which keeps a history
// of numbers and alerts on a jump: a JSON array of {name, unit, value, range, extra}. The tool accepts one
// direction per file, customSmallerIsBetter or customBiggerIsBetter; hence two files.
#include "analysis/metrics.hpp"
#include "analysis/statistics.hpp"
#include "contracts/error.hpp"
#include "report/formats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace pipebench::reporting {
namespace {

using json = nlohmann::ordered_json;

/// The tool shows every digit, and no measurement has more than six significant ones.
double six_digits(double value) {
    const auto text = fmt::format("{:.6g}", value);
    double out = value;
    std::from_chars(text.data(), text.data() + text.size(), out);  // keeps all digits if it fails, as near DBL_MAX
    return out;
}

/// The tooltip of a point of the chart.
std::string context(const session_result& r, const std::string& pattern) {
    const auto runs = runs_of(r, pattern);
    const auto rounds = fmt::format("{} round{}", runs.size(), runs.size() == 1 ? "" : "s");
    return printable(fmt::format("profile {}, {} orders, {}; {} cores, {}; pipebench {}", r.profile,
                                 runs.front()->orders, rounds, r.box.cores, r.box.cpu_model, r.build.version));
}

json entry(const session_result& r, const std::string& pattern, const metric& m) {
    const auto samples = samples_of(r, pattern, m);
    json out;
    out["name"] = fmt::format("{}: {}", printable(pattern), m.title);
    out["unit"] = m.unit == "/s" ? "orders/s" : m.unit;
    out["value"] = six_digits(value_of(r, pattern, m));
    // The tool reads one number after the sign, and ignores the rest.
    if (const double spread = scaled_mad(samples); samples.size() > 1 && std::isfinite(spread))
        out["range"] = fmt::format("± {:.6g}", spread);
    out["extra"] = context(r, pattern);
    return out;
}

std::string render(const session_result& r, better direction) {
    json out = json::array();
    for (const auto& pattern : trusted_patterns(r))
        for (const auto& m : metrics())
            if (m.is_compared() && m.direction == direction && std::isfinite(value_of(r, pattern, m)))
                out.push_back(entry(r, pattern, m));
    return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace

std::vector<std::string> trusted_patterns(const session_result& r) {
    auto names = patterns_in(r);
    std::erase_if(names, [&](const std::string& name) {
        const auto runs = runs_of(r, name);
        return std::any_of(runs.begin(), runs.end(), [](const auto* run) { return !run->verdict.trusted(); });
    });
    return names;
}

std::string render_github_smaller(const report_model& m, const look&) { return render(m.result, better::lower); }
std::string render_github_bigger(const report_model& m, const look&) { return render(m.result, better::higher); }

}  // namespace pipebench::reporting

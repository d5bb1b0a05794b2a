#include "pipebench/arrivals.hpp"

#include "contracts/comma_list.hpp"
#include "contracts/units.hpp"
#include "contracts/value_form.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace pipebench {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::pair<std::string_view, duration>, 3> units{{{"s", 1s}, {"m", 1min}, {"h", 1h}}};
constexpr std::size_t most_decimals = 6;

struct decimal {
    std::uint64_t digits = 0, scale = 1;  ///< the value is digits / scale
};

/// "50k", "14" or "13.89".
std::optional<decimal> parse_decimal(std::string_view text) {
    if (const auto whole = parse_count(text)) return decimal{*whole, 1};
    const auto point = text.find('.');
    if (point == text.npos || point == 0) return std::nullopt;
    const auto fraction = text.substr(point + 1);
    if (fraction.empty() || fraction.size() > most_decimals) return std::nullopt;
    const auto digits = parse_count(std::string(text.substr(0, point)).append(fraction));
    if (!digits || text.find_first_not_of("0123456789.") != text.npos) return std::nullopt;
    decimal out{*digits, 1};
    for (std::size_t i = 0; i < fraction.size(); ++i) out.scale *= 10;
    return out;
}

std::string format_decimal(std::uint64_t digits, std::uint64_t scale) {
    if (scale == 1) return short_count(digits);
    auto fraction = fmt::format("{}", digits % scale + scale).substr(1);
    return fmt::format("{}.{}", digits / scale, fraction);
}

}  // namespace

std::optional<arrival_rate> parse_arrival_rate(std::string_view text) {
    const auto slash = text.rfind('/');
    if (slash == text.npos) return std::nullopt;
    const auto* const unit =
        std::find_if(units.begin(), units.end(), [&](const auto& u) { return u.first == text.substr(slash + 1); });
    const auto value = parse_decimal(text.substr(0, slash));
    if (unit == units.end() || !value || value->digits == 0) return std::nullopt;
    const arrival_rate out{value->digits, unit->second * static_cast<std::int64_t>(value->scale)};
    if (out.per_second() > max_orders_per_second) return std::nullopt;
    return out;
}

std::string format_arrival_rate(const arrival_rate& r) {
    for (std::uint64_t scale = 1; scale <= 1'000'000; scale *= 10)
        for (const auto& unit : units)
            if (r.per == unit.second * static_cast<std::int64_t>(scale))
                return fmt::format("{}/{}", format_decimal(r.orders, scale), unit.first);
    return fmt::format("{:.6g}/s", r.per_second());
}

std::optional<arrival_process> parse_arrival_process(std::string_view text) {
    using kind = arrival_process::kind;
    if (text == "constant") return arrival_process{};
    if (text == "poisson") return arrival_process{kind::poisson, 1};
    constexpr std::string_view burst = "burst:";
    if (!text.starts_with(burst)) return std::nullopt;
    const auto size = parse_count(text.substr(burst.size()));
    if (!size || *size == 0 || *size > max_burst) return std::nullopt;
    return arrival_process{kind::burst, *size};
}

std::string format_arrival_process(const arrival_process& p) {
    switch (p.is) {
        case arrival_process::kind::poisson: return "poisson";
        case arrival_process::kind::burst: return fmt::format("burst:{}", p.size);
        case arrival_process::kind::constant: break;
    }
    return "constant";
}

std::optional<rate_ramp> parse_rate_ramp(std::string_view text) {
    const auto dots = text.find("..");
    if (dots == text.npos) return std::nullopt;
    const auto from = parse_arrival_rate(text.substr(0, dots)), to = parse_arrival_rate(text.substr(dots + 2));
    if (!from || !to) return std::nullopt;
    return rate_ramp{*from, *to};
}

std::string format_rate_ramp(const rate_ramp& r) {
    return format_arrival_rate(r.from) + ".." + format_arrival_rate(r.to);
}

std::optional<std::vector<arrival_rate>> parse_rate_steps(std::string_view text) {
    return parse_list(text, max_rate_steps, parse_arrival_rate);
}

std::string format_rate_steps(const std::vector<arrival_rate>& steps) {
    return format_list(steps, format_arrival_rate);
}

std::string format_rates(const arrivals& load) {
    if (load.rate.orders > 0) return format_arrival_rate(load.rate);
    if (load.ramp.from.orders > 0) return format_rate_ramp(load.ramp);
    return format_rate_steps(load.steps);
}

double arrivals::highest_per_second() const noexcept {
    double highest = 0;
    for (const auto& r : {rate, ramp.from, ramp.to}) highest = std::max(highest, r.per_second());
    for (const auto& r : steps) highest = std::max(highest, r.per_second());
    return highest;
}

}  // namespace pipebench

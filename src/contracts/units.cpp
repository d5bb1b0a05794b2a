#include "contracts/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace pipebench {
namespace {

struct unit {
    std::string_view name;
    double scale;
};
constexpr std::array<unit, 5> times{{{"us", 1}, {"ms", 1e3}, {"s", 1e6}, {"m", 60e6}, {"h", 3600e6}}};

constexpr std::uint64_t max_count = 1'000'000'000'000'000;  // above it, arithmetic in doubles is no longer exact

struct number_and_rest {
    double number;
    std::string_view rest;
};
/// A plain decimal number at the start of `text`, and the text after it.
std::optional<number_and_rest> leading_number(std::string_view text) {
    if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
    double value = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (error != std::errc{} || !std::isfinite(value) || end[-1] == '.') return std::nullopt;
    return number_and_rest{.number = value, .rest = text.substr(static_cast<std::size_t>(end - text.data()))};
}

}  // namespace

std::optional<duration> parse_duration(std::string_view text) {
    const auto parsed = leading_number(text);
    if (!parsed) return std::nullopt;
    if (parsed->rest.empty() && parsed->number == 0) return duration{0};
    for (const unit& u : times) {
        if (parsed->rest != u.name) continue;
        const double us = parsed->number * u.scale;
        if (us > static_cast<double>(max_duration.count())) return std::nullopt;
        const duration d{std::llround(us)};
        if (d == duration{0} && us > 0) return std::nullopt;  // a rounded 0 would switch some options off
        return d;
    }
    return std::nullopt;
}

std::string format_duration(duration d) {
    const auto us = d.count();
    if (us % 1'000'000 == 0 || us > 1'000'000) return fmt::format("{}s", static_cast<double>(us) / 1e6);
    if (us >= 1000) return fmt::format("{}ms", static_cast<double>(us) / 1e3);
    return fmt::format("{}us", us);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
    constexpr std::array<unit, 7> sizes{
        {{"B", 1}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"KiB", 1024}, {"MiB", 1048576}, {"GiB", 1073741824}}};
    const auto parsed = leading_number(text);
    if (!parsed) return std::nullopt;
    for (const auto& u : sizes) {
        const double bytes = parsed->number * u.scale;
        if (parsed->rest == u.name && bytes >= 1 && bytes <= static_cast<double>(max_count))
            return static_cast<std::uint64_t>(std::llround(bytes));
    }
    return std::nullopt;
}

std::optional<std::uint64_t> parse_rate(std::string_view text) {
    if (!text.ends_with("/s")) return std::nullopt;
    const auto count = parse_count(text.substr(0, text.size() - 2));
    return count && *count > 0 ? count : std::nullopt;
}

std::optional<std::uint64_t> parse_count(std::string_view text) {
    std::size_t zeros = 0;
    if (text.ends_with('k') || text.ends_with('K')) zeros = 3;
    else if (text.ends_with('M')) zeros = 6;
    if (zeros > 0) text.remove_suffix(1);
    const auto point = std::min(text.find('.'), text.size());
    std::string digits{text.substr(0, point)};
    std::string_view fraction = text.substr(std::min(point + 1, text.size()));
    if (digits.empty() || (point < text.size() && fraction.empty())) return std::nullopt;
    while (fraction.size() > zeros && fraction.ends_with('0')) fraction.remove_suffix(1);
    if (fraction.size() > zeros) return std::nullopt;  // not a whole number
    digits.append(fraction).append(zeros - fraction.size(), '0');
    std::uint64_t value = 0;
    const char* const last = digits.data() + digits.size();
    const auto [end, error] = std::from_chars(digits.data(), last, value);  // takes no sign
    if (error != std::errc{} || end != last || value > max_count) return std::nullopt;
    return value;
}

std::optional<double> parse_share(std::string_view text) {
    const bool percent = text.ends_with('%');
    if (percent) text.remove_suffix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    if (percent) value /= 100;
    return value >= 0 && value <= 1 ? std::optional(value) : std::nullopt;
}

}  // namespace pipebench

#include "pipeline/calendar.hpp"

#include <fmt/format.h>

#include <array>

namespace pipebench {
namespace {

namespace chrono = std::chrono;

/// The number at [from, from + count), in digits only.
std::optional<unsigned> digits(std::string_view text, std::size_t from, std::size_t count) {
    unsigned value = 0;
    for (const char c : text.substr(from, count)) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + static_cast<unsigned>(c - '0');
    }
    return value;
}

bool is_working_day(chrono::sys_days day) {
    const chrono::weekday w(day);
    return w != chrono::Saturday && w != chrono::Sunday;
}

int working_days(service_level service) {
    static constexpr std::array<int, 4> days{7, 4, 1, 0};  // economy, standard, express, same day
    return days.at(static_cast<std::size_t>(service));
}

}  // namespace

std::optional<chrono::sys_seconds> parse_timestamp(std::string_view text) {
    constexpr std::string_view shape = "dddd-dd-ddTdd:dd:ddZ";
    if (text.size() != shape.size()) return std::nullopt;
    for (std::size_t i = 0; i < shape.size(); ++i)
        if (shape[i] != 'd' && shape[i] != text[i]) return std::nullopt;
    const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
    const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
    if (!year || *year == 0 || !month || !day || !hour || !minute || !second) return std::nullopt;
    const chrono::year_month_day date{chrono::year(static_cast<int>(*year)), chrono::month(*month),
                                      chrono::day(*day)};
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
    return chrono::sys_days(date) + chrono::hours(*hour) + chrono::minutes(*minute) + chrono::seconds(*second);
}

chrono::sys_days promised_day(chrono::sys_seconds created_at, service_level service) {
    auto day = chrono::floor<chrono::days>(created_at);
    while (!is_working_day(day)) day += chrono::days(1);
    for (int left = working_days(service); left > 0; --left) {
        do day += chrono::days(1);
        while (!is_working_day(day));
    }
    return day;
}

std::string format_day(chrono::sys_days day) {
    const chrono::year_month_day date(day);
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()));
}

}  // namespace pipebench

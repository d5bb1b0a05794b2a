#include "pipeline/retry_rules.hpp"

#include "contracts/random.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <string>

namespace pipebench {
namespace {

namespace chrono = std::chrono;

/// The forms of a date in RFC 9110, 5.6.7, as strptime(3) reads and strftime(3) writes them. LC_TIME is "C":
/// nothing in this program calls setlocale().
struct date_form {
    const char *read, *write;
    bool has_short_year = false;
};
constexpr std::array<date_form, 4> date_forms{{
    {"%a, %d %b %Y %T GMT", "%a, %d %b %4Y %T GMT"},
    {"%A, %d-%b-%y %T GMT", "%A, %d-%b-%y %T GMT", true},
    {"%a %b %d %T %Y", "%a %b %e %T %4Y"},
    {"%a %b %d %T %Y", "%a %b %d %T %4Y"},  // the day of asctime may have a space or a zero before it
}};

/// strptime is too lenient: it accepts other case, and more or fewer spaces and digits. So the parsed date, written
/// again, must equal the text.
bool reads_as(const std::string& text, const date_form& form, std::tm& out) {
    const char* end = ::strptime(text.c_str(), form.read, &out);
    if (end == nullptr || *end != '\0') return false;
    std::array<char, max_retry_after> again{};
    return std::string_view(again.data(), std::strftime(again.data(), again.size(), form.write, &out)) == text;
}

/// The latest year that ends in the same two digits and is at most 50 years ahead.
int nearest_year(int year, chrono::sys_seconds now) {
    const int latest = static_cast<int>(chrono::year_month_day(chrono::floor<chrono::days>(now)).year()) + 50;
    while (year > latest) year -= 100;
    while (year + 100 <= latest) year += 100;
    return year;
}

std::optional<chrono::sys_seconds> parse_http_date(const std::string& text, chrono::sys_seconds now) {
    for (const auto& form : date_forms) {
        std::tm read{};
        if (!reads_as(text, form, read)) continue;
        const int year = read.tm_year + 1900;
        const chrono::year_month_day date{chrono::year(form.has_short_year ? nearest_year(year, now) : year),
                                          chrono::month(static_cast<unsigned>(read.tm_mon) + 1),
                                          chrono::day(static_cast<unsigned>(read.tm_mday))};
        if (!date.ok() || read.tm_sec > 60) return std::nullopt;  // 60: a leap second
        return chrono::sys_days(date) + chrono::hours(read.tm_hour) + chrono::minutes(read.tm_min) +
               chrono::seconds(read.tm_sec);
    }
    return std::nullopt;
}

/// Any number of digits; the result is at most max_duration.
std::optional<chrono::seconds> parse_seconds(std::string_view text) {
    constexpr auto most = chrono::duration_cast<chrono::seconds>(max_duration);
    if (text.empty()) return std::nullopt;
    chrono::seconds value{0};
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = std::min(most, value * 10 + chrono::seconds(c - '0'));
    }
    return value;
}

}  // namespace

bool worth_retrying(error_kind kind) noexcept {
    switch (kind) {
        case error_kind::connect:
        case error_kind::resources:
        case error_kind::reset:
        case error_kind::timeout:
        case error_kind::throttled:
        case error_kind::server_error: return true;
        default: return false;
    }
}

std::optional<duration> parse_retry_after(std::string_view value, chrono::sys_seconds now) {
    if (value.size() > max_retry_after) return std::nullopt;
    if (const auto wait = parse_seconds(value)) return *wait;
    const auto at = parse_http_date(std::string(value), now);
    if (!at) return std::nullopt;
    return std::clamp<duration>(*at - now, duration{0}, max_duration);
}

std::uint64_t random_of(std::uint64_t seed, order_id id, unsigned attempt) noexcept {
    return splitmix64_mix(seed * 0x9e3779b97f4a7c15 + id * 0xd1b54a32d192ed03 + attempt);
}

}  // namespace pipebench

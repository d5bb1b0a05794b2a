#include "pipeline/retry.hpp"

#include <algorithm>
#include <array>

namespace pipebench {
namespace {

namespace chrono = std::chrono;

/// Reads a text from left to right. Once something is not as expected, nothing is.
struct text_reader {
    std::string_view rest;
    bool good = true;

    void expect(std::string_view text) {
        good = good && rest.starts_with(text);
        if (good) rest.remove_prefix(text.size());
    }
    unsigned number(std::size_t digits) {
        unsigned value = 0;
        for (; digits > 0; --digits) {
            good = good && !rest.empty() && rest[0] >= '0' && rest[0] <= '9';
            if (!good) return 0;
            value = value * 10 + static_cast<unsigned>(rest[0] - '0');
            rest.remove_prefix(1);
        }
        return value;
    }
    /// From 1; case counts (RFC 9110, 5.6.7).
    template <std::size_t count>
    unsigned one_of(const std::array<std::string_view, count>& names) {
        const auto at = std::find_if(names.begin(), names.end(), [&](auto name) { return rest.starts_with(name); });
        good = good && at != names.end();
        if (good) rest.remove_prefix(at->size());
        return good ? static_cast<unsigned>(at - names.begin()) + 1 : 0;
    }
};

constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> days{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::array<std::string_view, 7> long_days{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                    "Friday", "Saturday", "Sunday"};

struct civil_time {
    unsigned year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

void read_clock(text_reader& in, civil_time& t) {
    t.hour = in.number(2);
    in.expect(":");
    t.minute = in.number(2);
    in.expect(":");
    t.second = in.number(2);
}

/// Sun, 06 Nov 1994 08:49:37 GMT
civil_time read_imf_fixdate(text_reader& in, chrono::sys_seconds) {
    civil_time t;
    in.one_of(days);
    in.expect(", ");
    t.day = in.number(2);
    in.expect(" ");
    t.month = in.one_of(months);
    in.expect(" ");
    t.year = in.number(4);
    in.expect(" ");
    read_clock(in, t);
    in.expect(" GMT");
    return t;
}

/// The last year that ends in these two digits and is at most 50 years ahead.
unsigned full_year(unsigned two_digits, chrono::sys_seconds now) {
    const chrono::year_month_day today(chrono::floor<chrono::days>(now));
    const int latest = static_cast<int>(today.year()) + 50;
    const int back = (latest - static_cast<int>(two_digits)) % 100;
    return static_cast<unsigned>(std::max(0, latest - (back < 0 ? back + 100 : back)));
}

/// Sunday, 06-Nov-94 08:49:37 GMT
civil_time read_rfc_850(text_reader& in, chrono::sys_seconds now) {
    civil_time t;
    in.one_of(long_days);
    in.expect(", ");
    t.day = in.number(2);
    in.expect("-");
    t.month = in.one_of(months);
    in.expect("-");
    t.year = full_year(in.number(2), now);
    in.expect(" ");
    read_clock(in, t);
    in.expect(" GMT");
    return t;
}

/// Sun Nov  6 08:49:37 1994
civil_time read_asctime(text_reader& in, chrono::sys_seconds) {
    civil_time t;
    in.one_of(days);
    in.expect(" ");
    t.month = in.one_of(months);
    in.expect(" ");
    const bool one_digit = in.rest.starts_with(' ');
    if (one_digit) in.expect(" ");
    t.day = in.number(one_digit ? 1 : 2);
    in.expect(" ");
    read_clock(in, t);
    in.expect(" ");
    t.year = in.number(4);
    return t;
}

std::optional<chrono::sys_seconds> point_of(const civil_time& t) {
    const chrono::year_month_day date{chrono::year(static_cast<int>(t.year)), chrono::month(t.month),
                                      chrono::day(t.day)};
    if (!date.ok() || t.hour > 23 || t.minute > 59 || t.second > 60) return std::nullopt;  // 60: a leap second
    return chrono::sys_days(date) + chrono::hours(t.hour) + chrono::minutes(t.minute) + chrono::seconds(t.second);
}

std::optional<chrono::sys_seconds> parse_http_date(std::string_view text, chrono::sys_seconds now) {
    for (const auto read : {read_imf_fixdate, read_rfc_850, read_asctime}) {
        text_reader in{text};
        const auto t = read(in, now);
        if (in.good && in.rest.empty()) return point_of(t);
    }
    return std::nullopt;
}

/// Digits only, however many: max_duration at the most.
std::optional<chrono::seconds> parse_seconds(std::string_view text) {
    constexpr auto most = chrono::duration_cast<chrono::seconds>(max_duration);
    chrono::seconds value{0};
    for (text_reader in{text}; !in.rest.empty();) {
        value = std::min(most, value * 10 + chrono::seconds(in.number(1)));
        if (!in.good) return std::nullopt;
    }
    return text.empty() ? std::nullopt : std::optional(value);
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

duration backoff(const retry_policy& policy, unsigned attempt, std::uint64_t random) noexcept {
    const unsigned doublings = std::min(attempt > 0 ? attempt - 1 : 0u, 30u);
    const double ceiling =
        std::min(static_cast<double>(policy.backoff_cap.count()),
                 static_cast<double>(policy.backoff_base.count()) * static_cast<double>(1u << doublings));
    return duration{static_cast<std::int64_t>(ceiling * (static_cast<double>(random) / 18446744073709551616.0))};
}

std::optional<duration> parse_retry_after(std::string_view value, chrono::sys_seconds now) {
    if (value.size() > max_retry_after) return std::nullopt;
    if (const auto wait = parse_seconds(value)) return *wait;
    const auto at = parse_http_date(value, now);
    if (!at) return std::nullopt;
    return std::clamp<duration>(*at - now, duration{0}, max_duration);
}

// SplitMix64 (Steele, Lea, Flood 2014) over a mix of the three.
std::uint64_t random_of(std::uint64_t seed, order_id id, unsigned attempt) noexcept {
    std::uint64_t z = seed * 0x9e3779b97f4a7c15ull + id * 0xd1b54a32d192ed03ull + attempt;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

}  // namespace pipebench

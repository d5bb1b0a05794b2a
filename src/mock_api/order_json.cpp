#include "mock_api/order_json.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <string_view>

namespace pipebench {
namespace {

using namespace std::string_view_literals;

constexpr std::array<std::string_view, 4> service_names{"economy", "standard", "express", "same_day"};

template <class Integer>
void append_number(std::string& out, Integer value) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
}

void append_two_digits(std::string& out, unsigned value) {
    out += static_cast<char>('0' + value / 10 % 10);
    out += static_cast<char>('0' + value % 10);
}

void append_escape(std::string& out, char c) {
    constexpr auto hexadecimal = "0123456789abcdef"sv;
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        default: break;
    }
    out += "\\u00";
    out += hexadecimal[byte >> 4];
    out += hexadecimal[byte & 0xf];
}

bool needs_escape(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

void append_string(std::string& out, std::string_view text) {
    out += '"';
    std::size_t copied = 0;  // runs without escapes are copied whole
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!needs_escape(text[i])) continue;
        out.append(text, copied, i - copied);
        append_escape(out, text[i]);
        copied = i + 1;
    }
    out.append(text, copied);
    out += '"';
}

/// 2026-03-14T09:26:53Z; years 1000..9999, as in the schema.
void append_time(std::string& out, std::chrono::sys_seconds at) {
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss time{at - day};
    append_number(out, static_cast<int>(date.year()));
    out += '-';
    append_two_digits(out, static_cast<unsigned>(date.month()));
    out += '-';
    append_two_digits(out, static_cast<unsigned>(date.day()));
    out += 'T';
    append_two_digits(out, static_cast<unsigned>(time.hours().count()));
    out += ':';
    append_two_digits(out, static_cast<unsigned>(time.minutes().count()));
    out += ':';
    append_two_digits(out, static_cast<unsigned>(time.seconds().count()));
    out += 'Z';
}

void append_member(std::string& out, std::string_view key, std::string_view text) {
    out += key;
    append_string(out, text);
}

void append_member(std::string& out, std::string_view key, std::int64_t number) {
    out += key;
    append_number(out, number);
}

void append_ship_to(std::string& out, const order& o) {
    append_member(out, R"(,"ship_to":{"street":)", o.street);
    append_member(out, R"(,"postcode":)", o.postcode);
    append_member(out, R"(,"city":)", o.city);
    append_member(out, R"(,"country":)", o.country);
    out += '}';
}

void append_line(std::string& out, const order_line& line) {
    append_member(out, R"({"sku":)", line.sku);
    append_member(out, R"(,"quantity":)", line.quantity);
    append_member(out, R"(,"unit_price_minor":)", line.unit_price_minor);
    append_member(out, R"(,"weight_grams":)", line.weight_grams);
    out += '}';
}

}  // namespace

void append_json(std::string& out, const order& o) {
    out += R"({"id":)";
    append_number(out, o.id);
    append_member(out, R"(,"customer":)", o.customer);
    append_ship_to(out, o);
    append_member(out, R"(,"service_level":)", service_names[static_cast<std::size_t>(o.service)]);
    append_member(out, R"(,"currency":)", o.currency);
    out += R"(,"lines":)";
    char separator = '[';
    for (const order_line& line : o.lines) {
        out += separator;
        append_line(out, line);
        separator = ',';
    }
    if (o.lines.empty()) out += '[';
    out += R"(],"created_at":")";
    append_time(out, o.created_at);
    out += "\"}";
}

}  // namespace pipebench

#include "pipeline/transform.hpp"

#include "pipeline/calendar.hpp"
#include "pipeline/test_cost.hpp"

#include <fmt/format.h>

#include <array>
#include <iterator>

namespace pipebench {
namespace {

struct region {
    std::string_view name;
    std::string_view countries;  // two letters each, separated by spaces
};
constexpr std::array<region, 3> regions{{
    {"EMEA", "AE AT BE BG CH CY CZ DE DK EE EG ES FI FR GB GR HR HU IE IL IS IT KE LT LU LV MA MT NG NL NO PL PT QA "
             "RO RS SA SE SI SK TN TR UA ZA"},
    {"APAC", "AU BD CN HK ID IN JP KH KR LK MM MY NZ PH PK SG TH TW VN"},
    {"AMER", "AR BO BR CA CL CO CR DO EC GT MX PA PE PR PY US UY VE"},
}};

class fnv1a {
public:
    void add(std::string_view bytes) {
        for (const char c : bytes) add_byte(static_cast<unsigned char>(c));
        add_byte(0);  // separates the fields
    }
    void add(std::int64_t number) {
        for (int shift = 0; shift < 64; shift += 8) add_byte(static_cast<unsigned char>(number >> shift));
    }
    [[nodiscard]] std::int64_t value() const { return static_cast<std::int64_t>(hash_); }

private:
    void add_byte(unsigned char byte) { hash_ = (hash_ ^ byte) * 0x100000001b3ull; }
    std::uint64_t hash_ = 0xcbf29ce484222325ull;
};

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

}  // namespace

std::string normalised_name(std::string_view typed) {
    std::string out;
    out.reserve(typed.size());
    bool at_word_start = true;
    for (const char c : typed) {
        if (is_space(c)) {
            at_word_start = true;
            continue;
        }
        if (at_word_start && !out.empty()) out += ' ';
        out += at_word_start ? upper(c) : lower(c);
        at_word_start = false;
    }
    return out;
}

std::string_view region_of(std::string_view country) {
    for (const region& r : regions)
        for (auto rest = r.countries; rest.size() >= 2; rest.remove_prefix(rest.size() > 2 ? 3 : 2))
            if (rest.substr(0, 2) == country) return r.name;
    return "OTHER";
}

std::int64_t checksum_of(const order_row& row) {
    fnv1a hash;
    hash.add(static_cast<std::int64_t>(row.id));
    for (const std::string_view text :
         {std::string_view(row.customer), std::string_view(row.region), std::string_view(row.currency),
          std::string_view(row.promised_on), std::string_view(row.line_totals)})
        hash.add(text);
    for (const auto number : {row.item_count, row.total_minor, row.weight_grams}) hash.add(number);
    return hash.value();
}

order_row transform(const order& o) {
    order_row row;
    row.id = o.id;
    row.customer = normalised_name(o.customer);
    row.region = region_of(o.country);
    row.currency = o.currency;
    for (const order_line& line : o.lines) {
        const auto line_total = line.quantity * line.unit_price_minor;
        row.item_count += line.quantity;
        row.total_minor += line_total;
        row.weight_grams += line.quantity * line.weight_grams;
        fmt::format_to(std::back_inserter(row.line_totals), "{}{}", row.line_totals.empty() ? '{' : ',', line_total);
    }
    row.line_totals += '}';
    row.promised_on = format_day(promised_day(o.created_at, o.service));
    row.checksum = checksum_of(row);
    spend_test_cost();
    return row;
}

}  // namespace pipebench

#include "pipeline/order_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

namespace pipebench {
namespace {

// In the order of row_parameters.
constexpr std::string_view columns =
    "order_id, customer, region, currency, item_count, total_minor, weight_grams, promised_on, line_totals, checksum";

}  // namespace

bool is_identifier(std::string_view name) noexcept {
    const auto inner = [](char c) { return (c >= 'a' && c <= 'z') || c == '_' || (c >= '0' && c <= '9'); };
    return !name.empty() && name.size() <= 63 && !(name[0] >= '0' && name[0] <= '9') &&
           std::all_of(name.begin(), name.end(), inner);
}

std::string create_table_sql(const table_name& name) {
    return fmt::format("CREATE TABLE {} (order_id bigint PRIMARY KEY, customer text NOT NULL, region text NOT NULL, "
                       "currency text NOT NULL, item_count bigint NOT NULL, total_minor bigint NOT NULL, "
                       "weight_grams bigint NOT NULL, promised_on date NOT NULL, line_totals bigint[] NOT NULL, "
                       "checksum bigint NOT NULL, deliveries integer NOT NULL DEFAULT 1)",
                       name.quoted());
}

std::string insert_sql(const table_name& name) {
    return fmt::format("INSERT INTO {} AS o ({}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
                       "ON CONFLICT (order_id) DO UPDATE SET deliveries = o.deliveries + 1",
                       name.quoted(), columns);
}

// line_totals is passed as text, because unnest() would also flatten an array of arrays.
std::string batch_insert_sql(const table_name& name) {
    return fmt::format("INSERT INTO {} AS o ({}) SELECT u1, u2, u3, u4, u5, u6, u7, u8, u9::bigint[], u10 "
                       "FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], "
                       "$7::bigint[], $8::date[], $9::text[], $10::bigint[]) "
                       "AS u (u1, u2, u3, u4, u5, u6, u7, u8, u9, u10) "
                       "ON CONFLICT (order_id) DO UPDATE SET deliveries = o.deliveries + 1",
                       name.quoted(), columns);
}

std::string insert_statement_name(const table_name& name, insert_form form) {
    constexpr std::size_t longest = 63;  // PostgreSQL cuts off the rest, which tells tables apart
    auto out = fmt::format("{}_{}_{}", name.schema, name.table, form == insert_form::row ? "row" : "batch");
    return out.size() <= longest ? out : out.substr(out.size() - longest);
}

namespace {

void append_element(std::string& array, std::int64_t value) {
    fmt::format_to(std::back_inserter(array), "{}", value);
}

void append_element(std::string& array, std::string_view text) {
    array += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') array += '\\';
        array += c;
    }
    array += '"';
}

}  // namespace

void batch_parameters::fill(std::span<const order_row* const> rows) {
    for (auto& array : arrays_) array = "{";
    for (const order_row* row : rows) {
        std::size_t column = 0;
        const auto add = [&](const auto& value) {
            auto& array = arrays_[column++];
            if (array.size() > 1) array += ',';
            append_element(array, value);
        };
        add(static_cast<std::int64_t>(row->id));
        for (const auto* text : {&row->customer, &row->region, &row->currency}) add(std::string_view(*text));
        for (const auto number : {row->item_count, row->total_minor, row->weight_grams}) add(number);
        for (const auto* text : {&row->promised_on, &row->line_totals}) add(std::string_view(*text));
        add(row->checksum);
    }
    for (std::size_t i = 0; i < arrays_.size(); ++i) {
        arrays_[i] += '}';
        values_[i] = arrays_[i].c_str();
    }
}

row_parameters::row_parameters(const order_row& row) {
    std::size_t used = 0;
    const auto number = [&](std::int64_t value) {
        auto& text = numbers_.at(used++);
        *std::to_chars(text.data(), text.data() + text.size() - 1, value).ptr = '\0';
        return static_cast<const char*>(text.data());
    };
    values_ = {number(static_cast<std::int64_t>(row.id)),
               row.customer.c_str(),
               row.region.c_str(),
               row.currency.c_str(),
               number(row.item_count),
               number(row.total_minor),
               number(row.weight_grams),
               row.promised_on.c_str(),
               row.line_totals.c_str(),
               number(row.checksum)};
}

}  // namespace pipebench

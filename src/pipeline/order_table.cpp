#include "pipeline/order_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace pipebench {
namespace {

// The order in which row_parameters gives them.
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

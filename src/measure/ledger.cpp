#include "measure/ledger.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

namespace pipebench {
namespace {

constexpr std::size_t rows_per_page = 5000;

order_row row_at(const postgres_answer& page, std::size_t row) {
    return {static_cast<order_id>(page.number(row, 0)),
            page.text(row, 1),
            page.text(row, 2),
            page.text(row, 3),
            page.number(row, 4),
            page.number(row, 5),
            page.number(row, 6),
            page.text(row, 7),
            page.text(row, 8),
            page.number(row, 9)};
}

/// Calls `visit(page, row, id)` for the rows whose ids are above `last`, in ascending order. A statement per page: each
/// is sent again if the server was away.
template <class Visit>
void for_each_row(postgres_client& postgres, std::string_view columns, const table_name& table, std::int64_t last,
                  Visit visit) {
    const auto sql = fmt::format("SELECT {} FROM {} WHERE order_id > $1::bigint ORDER BY order_id LIMIT {}", columns,
                                 table.quoted(), rows_per_page);
    for (;;) {
        const std::array parameters{std::to_string(last)};
        const auto page = postgres.ask(sql, parameters);
        for (std::size_t row = 0; row < page.size(); ++row) {
            last = page.number(row, 0);
            visit(page, row, last);
        }
        if (page.size() < rows_per_page) return;
    }
}

/// Gets the rows in ascending order of their ids, and so finds the missing ids.
class audit {
public:
    explicit audit(const ledger_question& q) : q_(q) { view_.content_checked = static_cast<bool>(q.expected); }

    void row(std::int64_t id, const order_row& row, std::int64_t deliveries) {
        ++view_.rows;
        view_.redelivered += static_cast<std::uint64_t>(std::max<std::int64_t>(0, deliveries - 1));
        if (id < 1 || static_cast<order_id>(id) > q_.record.orders()) {
            ++view_.unexpected;
            return;
        }
        absent_up_to(row.id);
        next_ = row.id + 1;
        if (!is_right(row)) ++view_.corrupt;
        if (!q_.record.was_stored(row.id)) ++view_.recovered;
    }

    ledger_view close() {
        absent_up_to(q_.record.orders() + 1);
        return view_;
    }

private:
    [[nodiscard]] bool is_right(const order_row& row) const {
        if (!q_.expected) return row.checksum == q_.extra.checksum_after(row);
        auto expected = q_.expected(row.id);
        if (!q_.extra.none()) expected.checksum = q_.extra.checksum_after(expected);
        return row == expected;
    }

    void absent_up_to(order_id end) {
        for (; next_ < end; ++next_) {
            const bool never_ended = !q_.record.has_ended(next_) && q_.extent == run_extent::complete;
            if (q_.record.was_stored(next_) || never_ended) ++view_.lost;
        }
    }

    const ledger_question& q_;
    ledger_view view_;
    order_id next_ = 1;
};

}  // namespace

ledger_view check_ledger(const ledger_question& question) {
    audit books(question);
    for_each_row(
        question.postgres,
        "order_id, customer, region, currency, item_count, total_minor, weight_grams, promised_on, line_totals, "
        "checksum, deliveries",
        question.table, std::numeric_limits<std::int64_t>::min(),
        [&](const postgres_answer& page, std::size_t row, std::int64_t id) {
            books.row(id, row_at(page, row), page.number(row, 10));
        });
    return books.close();
}

void settle_what_is_there(postgres_client& postgres, const table_name& table, recorder& record) {
    for_each_row(postgres, "order_id", table, 0, [&](const postgres_answer&, std::size_t, std::int64_t number) {
        const auto id = static_cast<order_id>(number);
        if (id <= record.orders() && !record.has_ended(id))
            record.log().settle(id, {stage::store, error_kind::none, 0, 0});
    });
}

}  // namespace pipebench

#include "measure/ledger.hpp"

#include "contracts/error.hpp"
#include "pipeline/pg_compat.hpp"
#include "pipeline/transform.hpp"

#include <fmt/format.h>

namespace pipebench {
namespace {

constexpr int rows_per_page = 5000;

order_row row_at(const pqxx::row& r) {
    return {static_cast<order_id>(r[0].as<std::int64_t>()),
            r[1].c_str(),
            r[2].c_str(),
            r[3].c_str(),
            r[4].as<std::int64_t>(),
            r[5].as<std::int64_t>(),
            r[6].as<std::int64_t>(),
            r[7].c_str(),
            r[8].c_str(),
            r[9].as<std::int64_t>()};
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
        const bool right = q_.expected ? row == q_.expected(row.id) : row.checksum == checksum_of(row);
        if (!right) ++view_.corrupt;
        if (!q_.record.was_stored(row.id)) ++view_.recovered;
    }

    ledger_view close() {
        absent_up_to(q_.record.orders() + 1);
        return view_;
    }

private:
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

setup_error unreadable(const std::exception& e) {
    return setup_error(fmt::format("the ledger cannot be read: {}", printable(e.what())));
}

}  // namespace

ledger_view check_ledger(const ledger_question& question) try {
    pqxx::connection connection(question.postgres);
    pqxx::read_transaction transaction(connection);
    const auto sql =
        fmt::format("SELECT order_id, customer, region, currency, item_count, total_minor, weight_grams, "
                    "promised_on, line_totals, checksum, deliveries FROM {} WHERE order_id > $1 "
                    "ORDER BY order_id LIMIT {}",
                    question.table.quoted(), rows_per_page);
    audit books(question);
    std::int64_t last = std::numeric_limits<std::int64_t>::min();
    for (;;) {
        const auto page = exec_params(transaction, sql, last);
        for (const auto& r : page) {
            last = r[0].as<std::int64_t>();
            books.row(last, row_at(r), r[10].as<std::int64_t>());
        }
        if (page.size() < rows_per_page) return books.close();
    }
} catch (const std::exception& e) {
    throw unreadable(e);
}

void settle_what_is_there(const std::string& postgres, const table_name& table, recorder& record) try {
    pqxx::connection connection(postgres);
    pqxx::read_transaction transaction(connection);
    const auto sql = fmt::format("SELECT order_id FROM {} WHERE order_id > $1 ORDER BY order_id LIMIT {}",
                                 table.quoted(), rows_per_page);
    std::int64_t last = 0;
    for (;;) {
        const auto page = exec_params(transaction, sql, last);
        for (const auto& r : page) {
            last = r[0].as<std::int64_t>();
            const auto id = static_cast<order_id>(last);
            if (id <= record.orders() && !record.has_ended(id))
                record.log().settle(id, {stage::store, error_kind::none, 0, 0});
        }
        if (page.size() < rows_per_page) return;
    }
} catch (const std::exception& e) {
    throw unreadable(e);
}

}  // namespace pipebench

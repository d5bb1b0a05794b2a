// The ledger's verdicts. Each test edits the table without the recorder to cause one.
#include "measure/ledger.hpp"
#include "mock_api/order_book.hpp"
#include "pipeline/pg_compat.hpp"
#include "pipeline/transform.hpp"
#include "support/services.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

using namespace pipebench;
using namespace pipebench::test;

namespace {

constexpr order_id orders = 10;

order_row right_row(order_id id) { return transform(make_order(id, 42)); }

void insert(const table_name& table, const order_row& row) {
    pqxx::connection connection(postgres());
    connection.prepare("insert", insert_sql(table));
    pqxx::nontransaction transaction(connection);
    const row_parameters p(row);
    const auto& v = p.values();
    exec_prepared(transaction, "insert", v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9]);
}

/// Ten orders, recorded as stored and in the table.
struct books {
    table_name table = new_table();
    recorder record = recorder::create(orders);

    books() {
        for (order_id id = 1; id <= orders; ++id) insert(table, right_row(id));
    }
    void record_all_but(order_id left_out, error_kind its_end = error_kind::none) {
        for (order_id id = 1; id <= orders; ++id)
            if (id != left_out) end(id, error_kind::none);
        if (its_end != error_kind::none) end(left_out, its_end);
    }
    void end(order_id id, error_kind kind) { record.log().end(record.log().begin(id), {stage::store, kind, 1, 1}); }
    void edit(const std::string& statement) { sql(fmt::format(fmt::runtime(statement), table.quoted())); }
    [[nodiscard]] ledger_view check(run_extent extent = run_extent::complete) const {
        return check_with(extent, right_row);
    }
    [[nodiscard]] ledger_view check_without_generator() const { return check_with(run_extent::complete, nullptr); }
    [[nodiscard]] ledger_view check_with(run_extent extent, std::function<order_row(order_id)> expected) const {
        postgres_client server(postgres(), {});
        return check_ledger({server, table, record, extent, std::move(expected)});
    }
};

struct full_books : books {
    full_books() { record_all_but(0); }
};

}  // namespace

TEST_CASE_METHOD(full_books, "a ledger with every order stored once balances", "[ledger]") {
    const auto view = check();
    CHECK(view.rows == orders);
    CHECK(view.balanced());
    CHECK(view.content_checked);
    CHECK(view.redelivered + view.recovered == 0);
}

TEST_CASE_METHOD(full_books, "a row that is gone is a lost order", "[ledger]") {
    edit("DELETE FROM {} WHERE order_id IN (1, 5, 10)");
    const auto view = check();
    CHECK(view.lost == 3);
    CHECK(view.rows == orders - 3);
    CHECK_FALSE(view.balanced());
}

TEST_CASE_METHOD(full_books, "a row with other contents is corrupt, with our generator and without", "[ledger]") {
    edit("UPDATE {} SET total_minor = total_minor + 1 WHERE order_id = 7");
    CHECK(check().corrupt == 1);
    CHECK_FALSE(check().balanced());
    CHECK(check_without_generator().corrupt == 1);
    CHECK_FALSE(check_without_generator().content_checked);
}

TEST_CASE_METHOD(full_books, "a row that agrees with itself and not with the order is found by the generator alone",
                 "[ledger]") {
    edit("DELETE FROM {} WHERE order_id = 3");
    auto other = right_row(4);
    other.id = 3;
    other.checksum = checksum_of(other);
    insert(table, other);
    CHECK(check().corrupt == 1);
    CHECK(check_without_generator().corrupt == 0);
}

TEST_CASE_METHOD(books, "a row whose CPU work was skipped is corrupt, with our generator and without",
                 "[ledger][transform-cost]") {
    workload work;
    work.transform_cost.mean = std::chrono::microseconds{20};
    const transform_work extra(work, 10);
    edit("DELETE FROM {}");
    for (order_id id = 1; id <= orders; ++id) {
        auto row = right_row(id);
        if (id != 4) extra.spend(row);
        insert(table, row);
    }
    record_all_but(0);
    postgres_client server(postgres(), {});
    for (const auto& expected : {std::function(right_row), std::function<order_row(order_id)>()}) {
        const auto view = check_ledger({server, table, record, run_extent::complete, expected, extra});
        CHECK(view.corrupt == 1);
        CHECK(view.rows == orders);
    }
}

TEST_CASE_METHOD(full_books, "a row that nobody ordered is unexpected", "[ledger]") {
    edit("UPDATE {} SET order_id = 11 WHERE order_id = 10");
    insert(table, right_row(10));
    const auto view = check();
    CHECK(view.unexpected == 1);
    CHECK(view.lost == 0);
    CHECK_FALSE(view.balanced());
}

TEST_CASE_METHOD(full_books, "a row below the first order is unexpected, too", "[ledger]") {
    edit("UPDATE {} SET order_id = -1 WHERE order_id = 1");
    CHECK(check().unexpected == 1);
    CHECK(check().lost == 1);
}

TEST_CASE_METHOD(books, "an order that was reported failed and is there is recovered, and balances", "[ledger]") {
    record_all_but(4, error_kind::timeout);
    const auto view = check();
    CHECK(view.recovered == 1);
    CHECK(view.balanced());
}

TEST_CASE_METHOD(books, "an order that was reported failed and is not there is nobody's loss", "[ledger]") {
    record_all_but(4, error_kind::timeout);
    edit("DELETE FROM {} WHERE order_id = 4");
    CHECK(check().balanced());
    CHECK(check().recovered == 0);
}

TEST_CASE_METHOD(full_books, "deliveries beyond the first are counted, and change nothing else", "[ledger]") {
    insert(table, right_row(2));
    insert(table, right_row(2));
    insert(table, right_row(9));
    const auto view = check();
    CHECK(view.redelivered == 3);
    CHECK(view.rows == orders);
    CHECK(view.balanced());
}

TEST_CASE_METHOD(books, "an order that never ended is lost, unless the run was cut short", "[ledger]") {
    record_all_but(6);
    edit("DELETE FROM {} WHERE order_id = 6");
    CHECK(check(run_extent::complete).lost == 1);
    CHECK(check(run_extent::cut_short).lost == 0);
}

TEST_CASE("a ledger reads more rows than one page holds", "[ledger]") {
    constexpr order_id many = 12'001;
    const auto table = new_table();
    auto record = recorder::create(many);
    for (order_id id = 1; id <= many; ++id)
        record.log().end(record.log().begin(id), {stage::store, error_kind::none, 1, 1});
    insert(table, right_row(1));
    sql(fmt::format("INSERT INTO {0} SELECT (jsonb_populate_record(o, jsonb_build_object('order_id', n))).* "
                    "FROM {0} o, generate_series(2, {1}) n WHERE n <> 11000",
                    table.quoted(), many));
    postgres_client server(postgres(), {});
    const auto view = check_ledger({server, table, record, run_extent::complete, nullptr});
    CHECK(view.rows == many - 1);
    CHECK(view.lost == 1);
}

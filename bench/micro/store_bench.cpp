// A row into a PostgreSQL that is started for it, by both stores: a row alone, which is the round trip; and many at the
// same moment, each as a statement and as one statement for all that wait. The CPU of the server is in the time.
#include "micro/loop.hpp"
#include "micro/measure.hpp"
#include "micro/samples.hpp"

#include "concurrency/task_group.hpp"
#include "pipeline/async_store.hpp"
#include "pipeline/blocking_store.hpp"
#include "services/throwaway_postgres.hpp"

#include <pqxx/pqxx>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <barrier>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace pipebench;
using namespace pipebench::bench;
using namespace std::chrono_literals;

namespace {

constexpr unsigned connections = 8;
constexpr store_settings row_by_row{connections, 1}, in_batches{connections, 100};

/// An empty table in a server that lives as long as the program.
struct empty_table {
    empty_table() {
        pqxx::connection connection(where());
        pqxx::nontransaction transaction(connection);
        transaction.exec("DROP TABLE IF EXISTS " + name.quoted());
        transaction.exec(create_table_sql(name));
    }
    static const std::string& where() {
        static const scratch_directory scratch(server_user("postgres"));
        static const throwaway_postgres server(scratch, {{}, 60});
        return server.connection_string();
    }
    table_name name{"public", "orders"};
};

/// Rows under ids that the table has not seen yet: a second one of an order would be an UPDATE.
class new_rows {
public:
    const order_row& next() {
        auto& row = rows_[++id_ % rows_.size()];
        row.id = id_;
        return row;
    }

private:
    std::vector<order_row> rows_ = sample_rows();
    order_id id_ = 0;
};

auto soon() { return std::chrono::steady_clock::now() + 20s; }

/// Threads that store a row each at the same moment, again and again. What they take of the heap is charged to the
/// caller.
class crowd {
public:
    static constexpr std::size_t size = 16;

    explicit crowd(blocking_store& store) : store_(store) {
        for (std::size_t i = 0; i < size; ++i) threads_.emplace_back([this, i] { work(members_[i]); });
    }
    ~crowd() {
        over_ = true;
        begin_.arrive_and_wait();
    }
    void store(new_rows& rows) {
        for (auto& m : members_) m.row = &rows.next();
        begin_.arrive_and_wait();
        end_.arrive_and_wait();
        for (const auto& m : members_) require_none(m.kind), charge(m.used);
    }

private:
    struct member {
        const order_row* row = nullptr;
        error_kind kind = error_kind::none;
        heap_use used;
    };
    void work(member& me) {
        for (;;) {
            begin_.arrive_and_wait();
            if (over_) return;
            const auto before = heap_used();
            me.kind = store_.store(*me.row, soon());
            me.used = heap_used() - before;
            end_.arrive_and_wait();
        }
    }

    blocking_store& store_;
    std::array<member, size> members_;
    std::barrier<> begin_{size + 1}, end_{size + 1};
    bool over_ = false;
    std::vector<std::jthread> threads_;
};

task<> store_one(async_store& store, const order_row& row) { require_none(co_await store.store(row, soon())); }

task<> store_one_by_one(async_store& store, new_rows& rows, std::size_t number) {
    while (number-- > 0) co_await store_one(store, rows.next());
}

task<> store_at_once(executor ex, async_store& store, new_rows& rows, std::size_t number) {
    task_group group(ex);
    while (number-- > 0) group.spawn(store_one(store, rows.next()));
    co_await group.join();
}

}  // namespace

TEST_CASE("a row, blocking", "[store]") {
    const empty_table table;
    new_rows rows;
    blocking_store store(table.where(), table.name, std::make_shared<socket_watchdog>(), row_by_row);
    measure({"blocking_store: a row"}, [&](std::size_t) { require_none(store.store(rows.next(), soon())); });
}

TEST_CASE("rows of many threads", "[store]") {
    for (const auto& [name, settings] :
         {std::pair("blocking_store: a row of 16 threads at once", row_by_row),
          std::pair("blocking_store: a row of 16 threads at once, in batches", in_batches)}) {
        const empty_table table;
        new_rows rows;
        blocking_store store(table.where(), table.name, std::make_shared<socket_watchdog>(), settings);
        crowd threads(store);
        measure({name, crowd::size}, [&](std::size_t) { threads.store(rows); });
    }
}

TEST_CASE("a row, awaited", "[store]") {
    constexpr std::size_t number = 10;
    const empty_table table;
    new_rows rows;
    loop l;
    async_store store(l.get_executor(), table.where(), table.name, row_by_row);
    store.start_opening(soon());
    measure({"async_store: a row", number}, [&](std::size_t) { l.run(store_one_by_one(store, rows, number)); });
}

TEST_CASE("rows of many coroutines", "[store]") {
    constexpr std::size_t number = 100;
    for (const auto& [name, settings] : {std::pair("async_store: a row of 100 at once", row_by_row),
                                         std::pair("async_store: a row of 100 at once, in batches", in_batches)}) {
        const empty_table table;
        new_rows rows;
        loop l;
        async_store store(l.get_executor(), table.where(), table.name, settings);
        store.start_opening(soon());
        const auto at_once = [&](std::size_t) { l.run(store_at_once(l.get_executor(), store, rows, number)); };
        measure({name, number}, at_once);
    }
}

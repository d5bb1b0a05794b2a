// Rows that wait at the same moment share a statement, in both stores: fewer transactions, and for each row the same
// outcome as alone. Rows of one transaction have the same xmin, the number of the transaction that wrote them.
#include "concurrency/task_group.hpp"
#include "mock_api/order_book.hpp"
#include "pipeline/async_store.hpp"
#include "pipeline/blocking_store.hpp"
#include "pipeline/transform.hpp"
#include "support/command.hpp"
#include "support/drivers.hpp"
#include "support/scripted_server.hpp"
#include "support/services.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace pipebench;
using namespace pipebench::test;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;
using client = scripted_server::connection;
using kinds = std::vector<error_kind>;

// Never co_await inside CHECK: g++ 12 evaluates it twice there, because Catch2 names the expression twice.

namespace {

constexpr auto not_told = error_kind::worker_died;  ///< no store reports this kind
constexpr order_id fillers = 1000;                  ///< orders above this only help to form a batch

/// A table, and the name of the stores' sessions in pg_stat_activity.
struct setting {
    table_name table = new_table();
    std::string url = postgres() + "&application_name=" + table.schema;

    [[nodiscard]] std::int64_t rows(const std::string& condition = "true") const {
        return count(fmt::format("SELECT count(*) FROM {} WHERE {}", table.quoted(), condition));
    }
    [[nodiscard]] std::int64_t transactions() const {
        return count(fmt::format("SELECT count(DISTINCT xmin::text) FROM {}", table.quoted()));
    }
    [[nodiscard]] std::int64_t largest_transaction() const {
        return count(fmt::format("SELECT max(n) FROM (SELECT count(*) AS n FROM {} GROUP BY xmin::text) AS counted",
                                 table.quoted()));
    }
    [[nodiscard]] std::string text_of(const char* column, order_id id) const {
        return sql(fmt::format("SELECT {}::text FROM {} WHERE order_id = {}", column, table.quoted(), id))[0][0]
            .as<std::string>();
    }

    [[nodiscard]] std::int64_t sessions(const std::string& condition = "true") const {
        return count(fmt::format("SELECT count(*) FROM pg_stat_activity WHERE application_name = '{}' AND {}",
                                 table.schema, condition));
    }
    /// Number of sessions that wait for a lock.
    [[nodiscard]] std::int64_t blocked() const { return sessions("wait_event_type = 'Lock'"); }
    void end_sessions() const {
        sql(fmt::format("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = '{}'",
                        table.schema));
    }
};

std::vector<order_row> orders(order_id first, order_id last) {
    std::vector<order_row> out;
    for (order_id id = first; id <= last; ++id) out.push_back(transform(make_order(id, 42)));
    return out;
}

kinds all(std::size_t number, error_kind kind) { return kinds(number, kind); }

std::shared_ptr<socket_watchdog> new_watchdog() {
    auto made = std::make_shared<socket_watchdog>();
    made->start();
    return made;
}

/// A store as its workers use it: takes rows at the same moment, and returns the outcome of each.
class rows_store {
public:
    rows_store() = default;
    rows_store(const rows_store&) = delete;
    rows_store& operator=(const rows_store&) = delete;
    virtual ~rows_store() = default;
    virtual kinds put(const std::vector<order_row>& rows, steady::duration limit) = 0;
};

/// One thread per row.
class blocking_rows final : public rows_store {
public:
    blocking_rows(const setting& s, store_settings settings) : store_(s.url, s.table, new_watchdog(), settings) {}

    kinds put(const std::vector<order_row>& rows, steady::duration limit) override {
        kinds out(rows.size(), not_told);
        std::latch all_here(static_cast<std::ptrdiff_t>(rows.size()));
        {
            std::vector<std::jthread> threads;  // joined before their results are read
            for (std::size_t i = 0; i < rows.size(); ++i)
                threads.emplace_back([&, i] {
                    all_here.arrive_and_wait();
                    out[i] = store_.store(rows[i], steady::now() + limit);
                });
        }
        return out;
    }

private:
    blocking_store store_;
};

/// All rows in one turn of one event loop.
class awaitable_rows final : public rows_store {
public:
    awaitable_rows(const setting& s, store_settings settings)
        : store_(std::make_unique<async_store>(loop_.get_executor(), s.url, s.table, settings)) {}
    ~awaitable_rows() override {
        store_.reset();
        run();  // so that waiting operations on its connections are cancelled
    }

    kinds put(const std::vector<order_row>& rows, steady::duration limit) override {
        kinds out(rows.size(), not_told);
        std::size_t ended = 0;
        const auto deadline = steady::now() + limit;
        for (std::size_t i = 0; i < rows.size(); ++i)
            asio::co_spawn(loop_.get_executor(), store_->store(rows[i], deadline),
                           [&, i](std::exception_ptr failure, error_kind kind) {
                               if (!failure) out[i] = kind;
                               if (++ended == rows.size()) loop_.stop();
                           });
        run();
        REQUIRE(ended == rows.size());
        return out;
    }

private:
    void run() {
        loop_.restart();
        loop_.run_for(2 * test::patience);
    }

    asio::io_context loop_{1};
    std::unique_ptr<async_store> store_;
};

std::unique_ptr<rows_store> new_store(driver which, const setting& s, store_settings settings) {
    if (which == driver::blocking) return std::make_unique<blocking_rows>(s, settings);
    return std::make_unique<awaitable_rows>(s, settings);
}

/// Writes four rows in one statement. Threads need preparation: while the table is locked, a statement starts when as
/// many rows wait as are being written (row_batches.hpp): one row, one, two, and then the four.
kinds put_in_one_batch(driver which, const setting& s, const std::vector<order_row>& four) {
    REQUIRE(four.size() == 4);
    if (which == driver::awaitable) return awaitable_rows(s, {1, 100}).put(four, test::patience);
    blocking_store store(s.url, s.table, new_watchdog(), {4, 100});
    auto rows = orders(fillers + 1, fillers + 4);
    rows.insert(rows.end(), four.begin(), four.end());
    kinds out(rows.size(), not_told);
    {
        std::vector<std::jthread> threads;
        const table_lock lock(s.table);  // destroyed first, so that the threads can end
        std::size_t next = 0;
        std::int64_t statements = 0;
        for (const std::size_t end : {1u, 2u, 4u, 8u}) {
            for (; next < end; ++next)
                threads.emplace_back(
                    [&, next] { out[next] = store.store(rows[next], steady::now() + 5 * test::patience); });
            ++statements;
            CHECK(comes_true([&] { return s.blocked() == statements; }));
        }
    }
    CHECK(kinds(out.begin(), out.begin() + 4) == all(4, error_kind::none));
    return kinds(out.begin() + 4, out.end());
}

// --- through the pipeline ---

void answer_all(client& c) {
    while (const auto id = c.request()) c.send(good_answer(*id));
}

/// Runs `main` to its end on a new event loop, within a limit.
void run_loop(const std::function<task<>()>& main) {
    asio::io_context loop(1);
    bool ended = false;
    std::exception_ptr failure;
    asio::co_spawn(loop.get_executor(), main(), [&](std::exception_ptr e) { failure = e, ended = true; });
    loop.run_for(2 * test::patience);
    REQUIRE(ended);
    if (failure) std::rethrow_exception(failure);
}

/// Drives orders 1..n at once, with one thread each or on one event loop.
std::vector<outcome> drive_together(driver which, const workload& work, const addresses& where, order_id number) {
    const real_pipelines open(work, where);
    std::vector<outcome> out(number, outcome{stage::schedule, not_told, 0, 0});
    if (which == driver::blocking) {
        std::vector<std::jthread> threads;
        for (order_id id = 1; id <= number; ++id)
            threads.emplace_back([&, id] { out[id - 1] = open.blocking()->process(id); });
        threads.clear();
        return out;
    }
    run_loop([&]() -> task<> {
        const auto pipeline = co_await open.async(work.db_connections);
        task_group together(co_await asio::this_coro::executor);
        const auto one = [&](order_id id) -> task<> {
            const auto result = co_await pipeline->process(id);
            out[id - 1] = result;
        };
        for (order_id id = 1; id <= number; ++id) together.spawn(one(id));
        co_await together.join();
        pipeline->close();
    });
    return out;
}

workload in_batches() {
    workload w = impatient();
    w.limits = {2 * test::patience, 4 * test::patience};
    w.write = write_mode::batch;
    w.write_batch = 10;
    w.db_connections = 4;
    return w;
}

addresses addresses_of(const scripted_server& server, const setting& s) {
    auto out = addresses_for(server.url(), s.table);
    out.postgres = s.url;
    return out;
}

}  // namespace

// --- how many statements ---

TEST_CASE("rows that come at once on an event loop are stored by a few statements", "[store][batch]") {
    const setting s;
    awaitable_rows store(s, {8, 100});
    CHECK(store.put(orders(1, 200), test::patience) == all(200, error_kind::none));
    CHECK(s.rows() == 200);
    CHECK(s.rows("deliveries = 1") == 200);
    CHECK(s.transactions() <= 8);
}

TEST_CASE("threads that share a store share its statements", "[store][batch]") {
    constexpr std::size_t number = 16;
    const setting s;
    blocking_store store(s.url, s.table, new_watchdog(), {8, 100});
    const auto rows = orders(1, 200);
    kinds out(rows.size(), not_told);
    {
        std::vector<std::jthread> threads;
        const table_lock lock(s.table);
        for (std::size_t t = 0; t < number; ++t)
            threads.emplace_back([&, t] {
                for (std::size_t i = t; i < rows.size(); i += number)
                    out[i] = store.store(rows[i], steady::now() + 3 * test::patience);
            });
        // The statements of 1, 1, 2, 4 and 8 rows wait for the lock then.
        CHECK(comes_true([&] { return s.blocked() == 5; }));
    }
    CHECK(out == all(200, error_kind::none));
    CHECK(s.rows() == 200);
    CHECK(s.rows("deliveries = 1") == 200);
    CHECK(s.largest_transaction() >= 8);
    CHECK(s.transactions() <= 5 + 200 - 16);
}

TEST_CASE("row by row, each has a transaction of its own", "[store][batch]") {
    const auto which = each_driver();
    INFO(name_of(which));
    const setting s;
    CHECK(new_store(which, s, {4, 1})->put(orders(1, 40), test::patience) == all(40, error_kind::none));
    CHECK(s.rows() == 40);
    CHECK(s.transactions() == 40);
}

TEST_CASE("no statement has more rows than are allowed, and those that wait meanwhile are none the worse",
          "[store][batch]") {
    const auto which = each_driver();
    INFO(name_of(which));
    const setting s;
    const auto store = new_store(which, s, {4, 3});
    table_lock lock(s.table);
    std::jthread operator_at_work([&] {
        static_cast<void>(comes_true([&] { return s.blocked() == 4; }));  // with three rows, some of them
        lock.release();
    });
    CHECK(store->put(orders(1, 40), 2 * test::patience) == all(40, error_kind::none));
    CHECK(s.rows() == 40);
    CHECK(s.largest_transaction() == 3);
}

TEST_CASE("rows share statements over a single connection, too", "[store][batch]") {
    const auto which = each_driver();
    INFO(name_of(which));
    const setting s;
    const auto store = new_store(which, s, {1, 100});
    for (order_id round = 0; round < 3; ++round)
        CHECK(store->put(orders(20 * round + 1, 20 * round + 20), test::patience) == all(20, error_kind::none));
    CHECK(s.rows() == 60);
    CHECK(s.rows("deliveries = 1") == 60);
    CHECK(s.sessions() == 1);
}

// --- what is in them ---

TEST_CASE("a batch stores texts of any kind as they are", "[store][batch]") {
    const auto which = each_driver();
    INFO(name_of(which));
    const setting s;
    const std::vector<std::string> customers{"Say \"No\", {please}", "Back\\slash \\\" and 'quote'", "NULL",
                                             "  Zo\xc3\xab \xf0\x9f\x98\x80\t"};
    const std::vector<std::string> line_totals{"{1}", "{}", "{-9223372036854775808,9223372036854775807}", "{1,2,3}"};
    auto rows = orders(1, 4);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        rows[i].customer = customers[i];
        rows[i].line_totals = line_totals[i];
        rows[i].region.clear();
        rows[i].checksum = -static_cast<std::int64_t>(i);
    }
    CHECK(put_in_one_batch(which, s, rows) == all(4, error_kind::none));
    CHECK(s.rows("order_id <= 4") == 4);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        CAPTURE(i);
        const auto& row = rows[i];
        CHECK(s.text_of("customer", row.id) == row.customer);
        CHECK(s.text_of("region", row.id).empty());
        CHECK(s.text_of("currency", row.id) == row.currency);
        CHECK(s.text_of("line_totals", row.id) == row.line_totals);
        CHECK(s.text_of("promised_on", row.id) == row.promised_on);
        CHECK(s.text_of("item_count", row.id) == std::to_string(row.item_count));
        CHECK(s.text_of("total_minor", row.id) == std::to_string(row.total_minor));
        CHECK(s.text_of("weight_grams", row.id) == std::to_string(row.weight_grams));
        CHECK(s.text_of("checksum", row.id) == std::to_string(row.checksum));
    }
}

TEST_CASE("rows of one batch that are delivered again have one row each, and it says so", "[store][batch]") {
    const auto which = each_driver();
    INFO(name_of(which));
    const setting s;
    const auto rows = orders(1, 4);
    CHECK(put_in_one_batch(which, s, rows) == all(4, error_kind::none));
    CHECK(put_in_one_batch(which, s, rows) == all(4, error_kind::none));
    CHECK(s.rows("order_id <= 4") == 4);
    CHECK(s.rows("order_id <= 4 AND deliveries = 2") == 4);
}

TEST_CASE("an order that is in a batch twice is stored, and its row says so", "[store][batch]") {
    const auto which = each_driver();
    INFO(name_of(which));
    const setting s;
    auto rows = orders(1, 3);
    rows.push_back(rows.at(1));
    CHECK(put_in_one_batch(which, s, rows) == all(4, error_kind::none));
    CHECK(s.rows("order_id <= 3") == 3);
    CHECK(s.rows("order_id = 2 AND deliveries = 2") == 1);
    CHECK(s.rows("order_id IN (1, 3) AND deliveries = 1") == 2);
}

// --- when it fails ---

TEST_CASE("a row that PostgreSQL refuses fails alone, and the others of its batch are there", "[store][batch]") {
    const auto which = each_driver();
    INFO(name_of(which));
    const setting s;
    sql(fmt::format("ALTER TABLE {} ADD CHECK (order_id <> 2)", s.table.quoted()));
    CHECK(put_in_one_batch(which, s, orders(1, 4)) ==
          kinds{error_kind::none, error_kind::database, error_kind::none, error_kind::none});
    CHECK(s.rows("order_id IN (1, 3, 4) AND deliveries = 1") == 3);
    CHECK(s.rows("order_id = 2") == 0);
}

TEST_CASE("a refused batch leaves the connection as good as it was", "[store][batch]") {
    const auto which = each_driver();
    INFO(name_of(which));
    const setting s;
    sql(fmt::format("ALTER TABLE {} ADD CHECK (order_id <> 2)", s.table.quoted()));
    const auto store = new_store(which, s, {1, 100});
    CHECK(store->put(orders(1, 1), test::patience) == all(1, error_kind::none));
    const auto session =
        count(fmt::format("SELECT pid FROM pg_stat_activity WHERE application_name = '{}'", s.table.schema));
    const auto told = store->put(orders(1, 10), test::patience);
    for (std::size_t i = 0; i < told.size(); ++i)
        CHECK(told[i] == (i == 1 ? error_kind::database : error_kind::none));
    CHECK(store->put(orders(11, 20), test::patience) == all(10, error_kind::none));
    CHECK(s.rows() == 19);
    CHECK(s.sessions(fmt::format("pid = {}", session)) == 1);
}

TEST_CASE("a table that is not there is the database's refusal to each row", "[store][batch]") {
    const auto which = each_driver();
    INFO(name_of(which));
    const setting s;
    sql("DROP TABLE " + s.table.quoted());
    CHECK(new_store(which, s, {2, 100})->put(orders(1, 8), test::patience) == all(8, error_kind::database));
}

TEST_CASE("a PostgreSQL that is not there fails the connect of each row", "[store][batch]") {
    const auto which = each_driver();
    INFO(name_of(which));
    setting s;
    s.url = "host=/nowhere user=pipebench dbname=postgres";
    CHECK(new_store(which, s, {2, 100})->put(orders(1, 8), test::patience) == all(8, error_kind::connect));
}

TEST_CASE("a table that another session has locked times every row out, and the store goes on", "[store][batch]") {
    const auto which = each_driver();
    INFO(name_of(which));
    const setting s;
    const auto store = new_store(which, s, {2, 10});
    const auto rows = orders(1, 30);
    {
        const table_lock lock(s.table);
        const auto began = steady::now();
        CHECK(store->put(rows, 300ms) == all(30, error_kind::timeout));
        CHECK(steady::now() - began < test::patience);
        s.end_sessions();  // abandoned statements would still write once the lock is gone
    }
    CHECK(s.rows() == 0);
    CHECK(store->put(rows, test::patience) == all(30, error_kind::none));
    CHECK(s.rows("deliveries = 1") == 30);
}

TEST_CASE("sessions that are ended amid their batches lose nothing where rows may be tried again", "[store][batch]") {
    const auto which = each_driver();
    INFO(name_of(which));
    const scripted_server server(answer_all);
    const setting s;
    auto work = in_batches();
    work.retry.attempts = 5;
    table_lock lock(s.table);
    std::jthread operator_at_work([&] {
        for (int time = 0; time < 2; ++time)
            if (comes_true([&] { return s.blocked() >= 2; })) s.end_sessions();
        lock.release();
    });
    const auto results = drive_together(which, work, addresses_of(server, s), 24);
    for (const auto& result : results) {
        CHECK(result.stored());
        CHECK(result.attempts == 1);
    }
    CHECK(std::any_of(results.begin(), results.end(), [](const outcome& o) { return o.stores > 1; }));
    CHECK(s.rows() == 24);
    CHECK(s.rows("deliveries = 1") == 24);  // no terminated statement had been committed
}

// --- threads and the connections that they share ---

TEST_CASE("a thread that waits for a connection beyond its deadline gives up, and writes nothing", "[store]") {
    const std::size_t rows_per_write = GENERATE(1u, 100u);
    CAPTURE(rows_per_write);
    const setting s;
    blocking_store store(s.url, s.table, new_watchdog(), {1, rows_per_write});
    const auto rows = orders(1, 2);
    auto of_the_holder = not_told;
    {
        std::jthread holder;
        const table_lock lock(s.table);
        holder = std::jthread([&] { of_the_holder = store.store(rows[0], steady::now() + 3 * test::patience); });
        CHECK(comes_true([&] { return s.blocked() == 1; }));
        const auto began = steady::now();
        CHECK(store.store(rows[1], began + 100ms) == error_kind::timeout);
        const auto took = steady::now() - began;
        CHECK(took >= 100ms);
        CHECK(took < test::patience);
        CHECK(s.sessions() == 1);
    }
    CHECK(of_the_holder == error_kind::none);
    CHECK(s.rows() == 1);
    CHECK(store.store(rows[1], steady::now() + test::patience) == error_kind::none);
    CHECK(s.rows("deliveries = 1") == 2);
}

TEST_CASE("the threads of a process have so many sessions as it may have, and all orders are stored over them",
          "[store]") {
    const auto mode = GENERATE(write_mode::row, write_mode::batch);
    CAPTURE(mode);
    const scripted_server server(answer_all);
    const setting s;
    auto work = in_batches();
    work.write = mode;
    work.db_connections = 2;
    std::int64_t seen = 0;
    table_lock lock(s.table);
    std::jthread operator_at_work([&] {
        static_cast<void>(comes_true([&] { return s.blocked() == 2; }));
        seen = s.sessions();
        lock.release();
    });
    for (const auto& result : drive_together(driver::blocking, work, addresses_of(server, s), 16))
        CHECK(result == outcome{stage::store, error_kind::none, 1, 1});
    operator_at_work.join();
    CHECK(seen == 2);
    CHECK(s.rows() == 16);
    CHECK(comes_true([&] { return s.sessions() == 0; }));  // they end with the last of the threads
}

TEST_CASE("a pipeline that is opened when all the others have gone opens its sessions anew", "[store]") {
    const scripted_server server(answer_all);
    const setting s;
    const auto work = in_batches();
    const real_pipelines open(work, addresses_of(server, s));
    for (order_id id = 1; id <= 3; ++id) CHECK(open.blocking()->process(id).stored());
    const auto one = open.blocking(), other = open.blocking();
    CHECK(one->process(4).stored());
    CHECK(other->process(5).stored());
    CHECK(comes_true([&] { return s.sessions() == 1; }));  // one for both
    CHECK(s.rows() == 5);
}

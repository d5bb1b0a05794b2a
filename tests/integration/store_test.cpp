// Storing into a PostgreSQL that blocks, breaks off or refuses, in both drivers.
#include "measure/ledger.hpp"
#include "support/command.hpp"
#include "support/drivers.hpp"
#include "support/scripted_server.hpp"
#include "support/services.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>

#include <thread>

using namespace pipebench;
using namespace pipebench::test;
using namespace std::chrono_literals;
using client = scripted_server::connection;

namespace {

constexpr const char* blocked = "application_name = 'victim' AND wait_event_type = 'Lock'";

void answer_all(client& c) {
    while (const auto id = c.request()) c.send(good_answer(*id));
}

/// A table, and the name of the drivers' sessions in pg_stat_activity.
struct setting {
    table_name table = new_table();
    addresses where;

    explicit setting(const scripted_server& server) : where(addresses_for(server.url(), table)) {
        where.postgres += "&application_name=victim";
    }
    [[nodiscard]] std::int64_t rows() const { return count("SELECT count(*) FROM " + table.quoted()); }
};

std::int64_t sessions(const std::string& condition) {
    return count("SELECT count(*) FROM pg_stat_activity WHERE " + condition);
}

void terminate_victims() {
    sql("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'victim'");
}

}  // namespace

TEST_CASE("an order that is delivered twice has one row, and the row says so", "[store]") {
    const auto which = each_driver();
    INFO(name_of(which));
    const scripted_server server(answer_all);
    const setting s(server);
    for (int delivery = 0; delivery < 2; ++delivery)
        for (const auto& result : drive(which, impatient(), s.where, 3)) CHECK(result.stored());
    CHECK(s.rows() == 3);
    CHECK(count(fmt::format("SELECT count(*) FROM {} WHERE deliveries = 2", s.table.quoted())) == 3);
}

TEST_CASE("a store whose session was ended between two orders opens another", "[store]") {
    const auto which = each_driver();
    INFO(name_of(which));
    const scripted_server server([](client& c) {
        while (const auto id = c.request()) {
            if (*id == 2) terminate_victims();
            c.send(good_answer(*id));
        }
    });
    const setting s(server);
    auto work = impatient();
    work.limits.attempt = 10s;
    work.retry.attempts = 3;
    for (const auto& result : drive(which, work, s.where, 3)) CHECK(result.stored());
    CHECK(s.rows() == 3);
}

TEST_CASE("a statement whose session was ended under way is sent again", "[store]") {
    const auto which = each_driver();
    INFO(name_of(which));
    const scripted_server server(answer_all);
    const setting s(server);
    table_lock lock(s.table);
    auto work = impatient();
    work.limits = {test::patience, 2 * test::patience};
    work.retry.attempts = 2;
    std::jthread operator_at_work([&] {
        if (comes_true([] { return sessions(blocked) == 1; })) terminate_victims();
        lock.release();
    });
    const auto result = drive(which, work, s.where).at(0);
    CHECK(result == outcome{stage::store, error_kind::none, 1, 2});
    CHECK(s.rows() == 1);
}

TEST_CASE("a table that another session has locked is a timed-out order, not a hang", "[store]") {
    const auto which = each_driver();
    INFO(name_of(which));
    const scripted_server server(answer_all);
    const setting s(server);
    table_lock lock(s.table);
    const auto began = std::chrono::steady_clock::now();
    const auto result = drive(which, impatient(), s.where).at(0);
    CHECK(result == outcome{stage::store, error_kind::timeout, 1, 1});
    CHECK(std::chrono::steady_clock::now() - began < test::patience);
    lock.release();
}

TEST_CASE("a store goes on after a lock has cost it an order", "[store]") {
    const auto which = each_driver();
    INFO(name_of(which));
    std::unique_ptr<table_lock> lock;
    std::unique_ptr<setting> s;
    const scripted_server server([&](client& c) {
        while (const auto id = c.request()) {
            if (*id == 2) lock = std::make_unique<table_lock>(s->table);
            if (*id == 3) lock.reset();
            c.send(good_answer(*id));
        }
    });
    s = std::make_unique<setting>(server);
    const auto results = drive(which, impatient(), s->where, 3);
    CHECK(results.at(0).stored());
    CHECK(results.at(1) == outcome{stage::store, error_kind::timeout, 1, 1});
    CHECK(results.at(2).stored());
}

TEST_CASE("a statement that PostgreSQL refuses is not tried again", "[store]") {
    const auto which = each_driver();
    INFO(name_of(which));
    const scripted_server server(answer_all);
    const setting s(server);
    sql(fmt::format("ALTER TABLE {} ADD CHECK (order_id <> 2)", s.table.quoted()));
    auto work = impatient();
    work.limits.attempt = 10s;
    work.retry.attempts = 3;
    const auto results = drive(which, work, s.where, 3);
    CHECK(results.at(0).stored());
    CHECK(results.at(1) == outcome{stage::store, error_kind::database, 1, 1});
    CHECK(results.at(2).stored());
    CHECK(s.rows() == 2);
}

TEST_CASE("a table that is not there is the database's refusal", "[store]") {
    const auto which = each_driver();
    INFO(name_of(which));
    const scripted_server server(answer_all);
    const setting s(server);
    sql("DROP TABLE " + s.table.quoted());
    CHECK(drive(which, impatient(), s.where).at(0) == outcome{stage::store, error_kind::database, 1, 1});
}

TEST_CASE("a PostgreSQL that is not there is tried as often as allowed", "[store]") {
    const auto which = each_driver();
    INFO(name_of(which));
    const scripted_server server(answer_all);
    setting s(server);
    s.where.postgres = "host=/nowhere user=pipebench dbname=postgres";
    auto work = impatient();
    work.retry.attempts = 3;
    CHECK(drive(which, work, s.where).at(0) == outcome{stage::store, error_kind::connect, 1, 3});
}

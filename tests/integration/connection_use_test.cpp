// How connections to the API are kept, closed and replaced, in both drivers.
#include "support/drivers.hpp"
#include "support/scripted_server.hpp"
#include "support/services.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>

using namespace pipebench;
using namespace pipebench::test;
using client = scripted_server::connection;

namespace {

constexpr outcome stored_at_once{stage::store, error_kind::none, 1, 1};
constexpr order_id orders = 4;

void answer_all(client& c) {
    while (const auto id = c.request()) c.send(good_answer(*id));
}

void answer_one(client& c) {
    if (const auto id = c.request()) c.send(good_answer(*id));
}

void announce_the_end(client& c) {
    while (const auto id = c.request()) c.send(good_answer(*id).insert(17, "Connection: close\r\n"));
}

/// Checks that all orders are stored at the first attempt; returns the number of connections.
unsigned connections_used(const scripted_server::script& script, connection_use use) {
    const auto which = each_driver();
    INFO(name_of(which));
    auto work = impatient();
    work.connections = use;
    const scripted_server server(script);
    const auto results = drive(which, work, addresses_for(server.url(), new_table()), orders);
    CHECK(results == std::vector(orders, stored_at_once));
    return server.connections();
}

}  // namespace

TEST_CASE("a connection that is kept alive serves one order after another", "[pipeline]") {
    CHECK(connections_used(answer_all, connection_use::keep_alive) == 1);
}

TEST_CASE("a connection per order is asked for and made", "[pipeline]") {
    CHECK(connections_used(answer_all, connection_use::per_order) == orders);
}

TEST_CASE("a server's Connection: close is heeded", "[pipeline]") {
    CHECK(connections_used(announce_the_end, connection_use::keep_alive) == orders);
}

TEST_CASE("an idle connection that the server has closed is replaced, and counts as no attempt", "[pipeline]") {
    CHECK(connections_used(answer_one, connection_use::keep_alive) == orders);
}

TEST_CASE("a connection that failed amid an answer is not used again", "[pipeline]") {
    const auto which = each_driver();
    INFO(name_of(which));
    const scripted_server server([](client& c) {
        if (c.number() > 0) return answer_all(c);
        if (const auto id = c.request()) c.send(good_answer(*id).substr(0, 120));
        c.hold();
    });
    const auto results = drive(which, impatient(), addresses_for(server.url(), new_table()), 2);
    CHECK(results.at(0) == outcome{stage::fetch, error_kind::timeout, 1, 0});
    CHECK(results.at(1) == stored_at_once);
}

// Fetching from servers that misbehave: each fault gives the right outcome within its time limit, in the blocking and
// in the awaitable driver.
#include "support/command.hpp"
#include "support/drivers.hpp"
#include "support/scripted_server.hpp"
#include "support/services.hpp"

#include "system/descriptor.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>

#include <chrono>
#include <thread>
#include <vector>

using namespace pipebench;
using namespace pipebench::test;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;
using client = scripted_server::connection;

namespace {

/// A port of 127.0.0.1 whose listen queue is full: the kernel answers no further client, who asks again a second later.
class full_listener {
public:
    full_listener() {
        socklen_t size = sizeof where_;
        REQUIRE(::bind(listener_.get(), address(), size) == 0);
        REQUIRE(::listen(listener_.get(), 0) == 0);
        REQUIRE(::getsockname(listener_.get(), address(), &size) == 0);
        for (int i = 0; i < 3; ++i) {
            auto& filler = fillers_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
            ::connect(filler.get(), address(), size);
        }
        fillers_without_answer_ = clients_without_answer();
    }
    [[nodiscard]] std::string url() const { return fmt::format("http://127.0.0.1:{}", ntohs(where_.sin_port)); }
    [[nodiscard]] bool has_a_client() const {
        return comes_true([this] { return clients_without_answer() > fillers_without_answer_; });
    }
    /// Makes room, and answers the first client who sends a request.
    void serve_one_order() {
        fillers_.clear();
        while (true) {
            const descriptor client(::accept(listener_.get(), nullptr, nullptr));
            std::string request(4096, ' ');
            if (::recv(client.get(), request.data(), request.size(), 0) <= 0) continue;
            const auto whole = good_answer(1);
            ::send(client.get(), whole.data(), whole.size(), MSG_NOSIGNAL);
            return;
        }
    }

private:
    [[nodiscard]] std::ptrdiff_t clients_without_answer() const {
        const auto asking = fmt::format(":{:04X} 02 ", ntohs(where_.sin_port));  // of the other side, in SYN_SENT
        const auto all = read_file("/proc/net/tcp");
        std::ptrdiff_t count = 0;
        for (auto at = all.find(asking); at != std::string::npos; at = all.find(asking, at + 1)) ++count;
        return count;
    }
    sockaddr* address() { return static_cast<sockaddr*>(static_cast<void*>(&where_)); }

    descriptor listener_{::socket(AF_INET, SOCK_STREAM, 0)};
    sockaddr_in where_{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    std::vector<descriptor> fillers_;
    std::ptrdiff_t fillers_without_answer_ = 0;
};

/// The outcome of order 1 with a server that follows the script on each connection.
outcome outcome_at(const scripted_server::script& script, const workload& work = impatient()) {
    const auto which = each_driver();
    INFO(name_of(which));
    const scripted_server server(script);
    const auto began = steady::now();
    const auto result = drive(which, work, addresses_for(server.url(), new_table())).at(0);
    CHECK(steady::now() - began < test::patience);
    return result;
}

constexpr outcome failed_fetch(error_kind kind, std::uint8_t attempts = 1) {
    return {stage::fetch, kind, attempts, 0};
}
constexpr outcome failed_transform(error_kind kind) { return {stage::transform, kind, 1, 0}; }
constexpr outcome stored_after(std::uint8_t attempts) { return {stage::store, error_kind::none, attempts, 1}; }

}  // namespace

TEST_CASE("a well-behaved server's order is stored", "[pipeline]") {
    CHECK(outcome_at([](client& c) {
              while (const auto id = c.request()) c.send(good_answer(*id));
          }) == stored_after(1));
}

TEST_CASE("a server that never answers is a timed-out order, not a hang", "[pipeline]") {
    CHECK(outcome_at([](client& c) { c.hold(); }) == failed_fetch(error_kind::timeout));
}

TEST_CASE("a server that sends half an answer and then nothing is a timed-out order", "[pipeline]") {
    CHECK(outcome_at([](client& c) {
              if (const auto id = c.request()) c.send(good_answer(*id).substr(0, 100));
              c.hold();
          }) == failed_fetch(error_kind::timeout));
}

TEST_CASE("a server that sends a byte now and then cannot stretch an attempt", "[pipeline]") {
    CHECK(outcome_at([](client& c) {
              const auto id = c.request();
              for (const char byte : good_answer(id.value_or(1)))
                  if (!c.send(std::string_view(&byte, 1)) || !c.pause(100ms)) return;
          }) == failed_fetch(error_kind::timeout));
}

TEST_CASE("attempts that time out again and again end at the order's deadline", "[pipeline]") {
    auto work = impatient();
    work.limits = {200ms, 500ms};
    work.retry.attempts = 50;
    const auto result = outcome_at([](client& c) { c.hold(); }, work);
    CHECK(result.kind == error_kind::deadline);
    CHECK(result.at == stage::fetch);
    CHECK(result.attempts >= 2);
    CHECK(result.attempts <= 4);
}

TEST_CASE("a connection that is reset amid the body is a reset", "[pipeline]") {
    CHECK(outcome_at([](client& c) {
              if (const auto id = c.request()) c.send(good_answer(*id).substr(0, 150));
              c.reset();
          }) == failed_fetch(error_kind::reset));
}

TEST_CASE("a body that ends too early is a reset", "[pipeline]") {
    CHECK(outcome_at([](client& c) {
              if (const auto id = c.request()) c.send(good_answer(*id).substr(0, 150));
          }) == failed_fetch(error_kind::reset));
}

TEST_CASE("a connection that is closed before any answer is a reset, tried again as often as allowed", "[pipeline]") {
    auto work = impatient();
    work.retry.attempts = 3;
    CHECK(outcome_at([](client& c) { c.request(); }, work) == failed_fetch(error_kind::reset, 3));
}

TEST_CASE("nobody who listens is a failed connect", "[pipeline]") {
    const auto which = each_driver();
    CHECK(drive(which, impatient(), addresses_for(closed_port_url(), new_table())).at(0) ==
          failed_fetch(error_kind::connect));
}

TEST_CASE("a server whose kernel does not answer is a timed-out order", "[pipeline]") {
    const auto which = each_driver();
    INFO(name_of(which));
    const full_listener full;
    CHECK(drive(which, impatient(), addresses_for(full.url(), new_table())).at(0) ==
          failed_fetch(error_kind::timeout));
}

TEST_CASE("a connection that takes its time carries its request nevertheless", "[pipeline]") {
    const auto which = each_driver();
    INFO(name_of(which));
    full_listener full;
    auto work = impatient();
    work.limits = {test::patience, test::patience};
    std::jthread server([&] {
        if (full.has_a_client()) full.serve_one_order();
    });
    CHECK(drive(which, work, addresses_for(full.url(), new_table())).at(0) == stored_after(1));
}

TEST_CASE("a refusal is tried again, and the order stored", "[pipeline]") {
    const std::string status =
        GENERATE("503 Service Unavailable", "429 Too Many Requests", "500 Internal Server Error");
    auto work = impatient();
    work.retry.attempts = 3;
    bool refused = false;
    CHECK(outcome_at(
              [&](client& c) {
                  while (const auto id = c.request())
                      c.send(std::exchange(refused, true) ? good_answer(*id) : answer(status, ""));
              },
              work) == stored_after(2));
}

TEST_CASE("an answer that comes in pieces is put together, on every request of a connection", "[pipeline]") {
    const auto which = each_driver();
    INFO(name_of(which));
    const std::size_t first_piece = GENERATE(1u, 12u, 60u, 140u);  // in the status line, in a field, in the body
    const scripted_server server([&](client& c) {
        while (const auto id = c.request()) {
            const auto whole = good_answer(*id);
            if (!c.send(whole.substr(0, first_piece)) || !c.pause(20ms)) return;
            c.send(whole.substr(first_piece));
        }
    });
    for (const auto& result : drive(which, impatient(), addresses_for(server.url(), new_table()), 3))
        CHECK(result == stored_after(1));
    CHECK(server.connections() == 1);
}

TEST_CASE("an answer of many reads is read whole, on every request of a connection", "[pipeline]") {
    const auto which = each_driver();
    INFO(name_of(which));
    const scripted_server server([](client& c) {
        while (const auto id = c.request()) {
            const auto whole = good_answer(*id);
            const auto body = whole.substr(whole.find("\r\n\r\n") + 4) + std::string(100'000, ' ');
            c.send(answer("200 OK", body));
        }
    });
    for (const auto& result : drive(which, impatient(), addresses_for(server.url(), new_table()), 3))
        CHECK(result == stored_after(1));
    CHECK(server.connections() == 1);
}

TEST_CASE("interim responses before the answer are read and dropped, on every request of a connection",
          "[pipeline]") {
    const auto which = each_driver();
    INFO(name_of(which));
    const std::string interim =
        GENERATE("HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n"
                                                  "HTTP/1.1 102 Processing\r\n\r\n");
    const scripted_server server([&](client& c) {
        while (const auto id = c.request()) c.send(interim + good_answer(*id));
    });
    for (const auto& result : drive(which, impatient(), addresses_for(server.url(), new_table()), 3))
        CHECK(result == stored_after(1));
    CHECK(server.connections() == 1);
}

TEST_CASE("interim responses without an end, or without an answer, fail the order", "[pipeline]") {
    CHECK(outcome_at([](client& c) {
              c.request();
              while (c.send("HTTP/1.1 100 Continue\r\n\r\n")) {
              }
          }) == failed_fetch(error_kind::protocol));
    CHECK(outcome_at([](client& c) {
              c.request();
              c.send("HTTP/1.1 103 Early Hints\r\n\r\n");
          }) == failed_fetch(error_kind::reset));
}

TEST_CASE("a refusal that does not pass ends with its kind", "[pipeline]") {
    const auto [status, kind, attempts] = GENERATE(table<std::string, error_kind, int>({
        {"503 Service Unavailable", error_kind::server_error, 3},
        {"429 Too Many Requests", error_kind::throttled, 3},
        {"404 Not Found", error_kind::rejected, 1},
        {"302 Found", error_kind::rejected, 1},
    }));
    auto work = impatient();
    work.retry.attempts = 3;
    CHECK(outcome_at(
              [status = status](client& c) {
                  while (c.request()) c.send(answer(status, ""));
              },
              work) == failed_fetch(kind, static_cast<std::uint8_t>(attempts)));
}

TEST_CASE("an answer that promises too much is refused before it is read", "[pipeline]") {
    const std::string head = GENERATE("Content-Length: 99999999999999\r\n", "Content-Length: 1048577\r\n");
    CHECK(outcome_at([&](client& c) {
              c.request();
              c.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + head + "\r\n{");
              c.hold();
          }) == failed_fetch(error_kind::too_large));
}

TEST_CASE("a header without an end is refused at its limit", "[pipeline]") {
    CHECK(outcome_at([](client& c) {
              c.request();
              c.send("HTTP/1.1 200 OK\r\n");
              while (c.send("X-More: " + std::string(1000, 'x') + "\r\n")) {
              }
          }) == failed_fetch(error_kind::too_large));
}

TEST_CASE("a body in chunks is refused at its limit", "[pipeline]") {
    CHECK(outcome_at([](client& c) {
              c.request();
              c.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
              while (c.send("1000\r\n" + std::string(0x1000, ' ') + "\r\n")) {
              }
          }) == failed_fetch(error_kind::too_large));
}

TEST_CASE("what is not HTTP, or not JSON by its type, is a protocol failure", "[pipeline]") {
    const std::string bytes =
        GENERATE(std::string("SSH-2.0-OpenSSH_9.2\r\n\r\n"), answer("200 OK", "{}", "Content-Type: text/html\r\n"),
                 answer("200 OK", "{}", ""));
    CHECK(outcome_at([&](client& c) {
              c.request();
              c.send(bytes);
              c.hold();
          }) == failed_fetch(error_kind::protocol));
}

TEST_CASE("an answer that is no order is not tried again", "[pipeline]") {
    const std::string body = GENERATE("", "{", "[]", "{\"id\": 1}", "\xff\xfe", "null");
    auto work = impatient();
    work.retry.attempts = 3;
    CHECK(outcome_at(
              [&](client& c) {
                  while (c.request()) c.send(answer("200 OK", body));
              },
              work) == failed_transform(error_kind::bad_content));
}

TEST_CASE("another order than the one asked for is found out", "[pipeline]") {
    CHECK(outcome_at([](client& c) {
              while (const auto id = c.request()) c.send(good_answer(*id + 1));
          }) == failed_transform(error_kind::wrong_order));
}

// The trouble of a scenario over real sockets: what a client sees of each fault, how many requests the limits let
// through, when an outage begins and ends. Every wait is bounded by `longest_wait`; nothing needs to be fast.
#include "mock_api/faults.hpp"
#include "mock_api/reply_writer.hpp"
#include "mock_api/server.hpp"
#include "support/command.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <deque>
#include <fstream>
#include <thread>
#include <vector>

using namespace pipebench;
using pipebench::test::comes_true;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using steady = std::chrono::steady_clock;

namespace {

constexpr auto longest_wait = 20s;

server_settings with(std::vector<fault> faults) {
    server_settings s;
    s.api.trouble.faults = std::move(faults);
    return s;
}

fault of(fault_kind kind, unsigned first_attempts = 0) {
    fault f;
    f.kind = kind;
    f.share = 1;
    f.first_attempts = first_attempts;
    f.time = 500us;
    return f;
}

server_settings with(fault_kind kind) { return with({of(kind)}); }

server_settings with_outage(double at, std::uint64_t orders, duration time) {
    server_settings s;
    s.threads = 1;  // so that the answer that begins it precedes all others
    s.api.orders = orders;
    s.api.trouble.down = {at, time};
    return s;
}

std::string get(std::string_view target) { return fmt::format("GET {} HTTP/1.1\r\nHost: test\r\n\r\n", target); }
std::string get(order_id id) { return get(fmt::format("/orders/{}", id)); }

/// The bytes that the server sends for an order, with a fault of a kind that ends by itself.
std::string bytes_of(order_id id, const fault* f = nullptr) {
    const api_settings settings;
    api_reply reply = reply_to(settings, "GET", fmt::format("/orders/{}", id));
    reply.connection = persistence::keep_alive;
    if (f != nullptr) apply_fault(reply, *f);
    std::string out;
    reply_writer(settings).append(out, reply);
    return out;
}

/// A blocking client that keeps the received bytes. A wait past `longest_wait` fails the test.
class client {
public:
    explicit client(const mock_api_server& server, int receive_buffer = 0) : socket_(context_, asio::ip::tcp::v4()) {
        if (receive_buffer > 0) socket_.set_option(asio::socket_base::receive_buffer_size(receive_buffer));
        const timeval limit{std::chrono::seconds(longest_wait).count(), 0};
        ::setsockopt(fd(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        socket_.connect({asio::ip::address_v4::loopback(), server.port()});
    }

    void send(std::string_view text) {
        REQUIRE(::send(fd(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
    }
    /// Receives at most `count` bytes into text(). Returns 0 for EOF, or the error.
    int receive(std::size_t count) {
        std::array<char, 64 * 1024> part;
        while (count > 0) {
            const auto n = ::recv(fd(), part.data(), std::min(count, part.size()), 0);
            if (n < 0 && errno == EAGAIN) FAIL("the server did not answer within the time allowed");
            if (n <= 0) return n == 0 ? 0 : errno;
            text_.append(part.data(), static_cast<std::size_t>(n));
            count -= static_cast<std::size_t>(n);
        }
        return no_end;
    }
    int receive_to_end() { return receive(SIZE_MAX); }
    /// A whole answer with a Content-Length; empty if the connection ends instead.
    std::string ask(std::string_view request) {
        send(request);
        return answer();
    }
    std::string answer() {
        constexpr std::string_view length = "Content-Length: ", end = "\r\n\r\n";
        text_.clear();
        while (!text_.ends_with(end))
            if (receive(1) != no_end) return {};
        std::size_t size = 0;
        const char* const digits = text_.data() + text_.find(length) + length.size();
        std::from_chars(digits, text_.data() + text_.size(), size);
        return receive(size) == no_end ? text_ : std::string{};
    }
    [[nodiscard]] bool has_received() {
        char byte = 0;
        return ::recv(fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
    }
    /// Whether there was a good answer. False if the connection is reset already.
    bool try_ask(std::string_view request) {
        const bool sent = ::send(fd(), request.data(), request.size(), MSG_NOSIGNAL) >= 0;
        return sent && answer().starts_with("HTTP/1.1 200 ");
    }
    [[nodiscard]] const std::string& text() const { return text_; }
    void forget() { text_.clear(); }
    void close() { socket_.close(); }

    static constexpr int no_end = -1;

private:
    int fd() { return socket_.native_handle(); }

    asio::io_context context_{1};
    asio::ip::tcp::socket socket_;
    std::string text_;
};

/// RSS of this process, in which the server runs.
std::size_t resident_bytes() {
    std::size_t all = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> all >> resident;
    return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

bool is_ok(std::string_view answer) { return answer.starts_with("HTTP/1.1 200 OK\r\n"); }
bool is_throttled(std::string_view answer) { return answer.starts_with("HTTP/1.1 429 Too Many Requests\r\n"); }

}  // namespace

TEST_CASE("a fault in an answer leaves the connection as it was", "[trouble]") {
    const auto kind = GENERATE(fault_kind::status, fault_kind::slow, fault_kind::drip, fault_kind::not_json,
                               fault_kind::deep_json, fault_kind::nul_byte, fault_kind::bad_utf8,
                               fault_kind::huge_number, fault_kind::wrong_order, fault_kind::wrong_content);
    CAPTURE(name_of(kind));
    const fault f = of(kind, 1);
    mock_api_server server{with({f})};
    client c(server);
    CHECK(c.ask(get(1)) == bytes_of(1, &f));
    CHECK(c.ask(get(1)) == bytes_of(1));  // the second attempt
    CHECK(c.ask(get(2)) == bytes_of(2, &f));
    CHECK(is_ok(c.ask(get("/healthz"))));
    CHECK(server.stats().faults == 2);
    CHECK(server.stats().responses == 3);
    CHECK(server.stats().connections == 1);
}

TEST_CASE("a fault comes in its turn among pipelined requests", "[trouble]") {
    const fault f = of(GENERATE(fault_kind::status, fault_kind::drip), 1);
    mock_api_server server{with({f})};
    client c(server);
    c.send(get("/healthz") + get(1) + get(1) + get(1) + get(2) + get("/healthz"));
    CHECK(c.answer().ends_with("ok"));
    CHECK(c.answer() == bytes_of(1, &f));
    CHECK(c.answer() == bytes_of(1));
    CHECK(c.answer() == bytes_of(1));
    CHECK(c.answer() == bytes_of(2, &f));
    CHECK(c.answer().ends_with("ok"));
}

TEST_CASE("each client and server meets the faults that were drawn", "[trouble]") {
    auto settings = with({of(fault_kind::status), of(fault_kind::not_json)});
    settings.api.trouble.faults[0].share = 0.3;
    settings.api.trouble.faults[1].share = 0.2;
    settings.threads = GENERATE(1U, 3U);
    mock_api_server server{settings};
    std::uint64_t faults = 0;
    for (unsigned attempt = 1; attempt <= 3; ++attempt) {
        client c(server);  // another client makes no difference
        for (order_id id = 50; id > 0; --id) {
            const fault* expected = draw_fault(settings.api, id, attempt);
            REQUIRE(c.ask(get(id)) == bytes_of(id, expected));
            faults += expected != nullptr;
        }
    }
    CHECK(server.stats().faults == faults);
}

TEST_CASE("a reset is ECONNRESET amid the body, a truncated answer its end", "[trouble]") {
    const auto kind = GENERATE(fault_kind::reset, fault_kind::truncated);
    const fault f = of(kind);
    mock_api_server server{with({f})};
    client c(server);
    std::string behind;  // unread bytes would turn a careless close into a reset
    if (kind == fault_kind::truncated)
        for (int i = 0; i < 1'000; ++i) behind += get(2);
    c.send(get(1) + behind);
    CHECK(c.receive_to_end() == (kind == fault_kind::reset ? ECONNRESET : 0));
    CHECK(c.text() == bytes_of(1, &f));
    c.close();
    CHECK(comes_true([&] { return server.stats().open_connections == 0; }));
    CHECK(server.stats().concurrent == 0);
}

TEST_CASE("a black hole says nothing as long as the connection is there", "[trouble]") {
    mock_api_server server{with(fault_kind::black_hole)};
    client silent(server), gone(server);
    silent.send(get(1));
    gone.send(get(2) + get("/healthz"));
    CHECK(comes_true([&] { return server.stats().concurrent == 2; }));
    CHECK(is_ok(client(server).ask(get("/healthz"))));  // other clients are served
    silent.send(get(3));
    gone.close();
    CHECK(comes_true([&] { return server.stats().open_connections == 1; }));
    CHECK(server.stats().concurrent == 1);
    CHECK_FALSE(silent.has_received());
    CHECK(server.stats().responses == 0);
    server.stop();
    silent.receive_to_end();
    CHECK(silent.text().empty());
}

TEST_CASE("a black hole is no more than idle, and ends with the idle timeout", "[trouble]") {
    auto settings = with(fault_kind::black_hole);
    settings.idle_timeout = 100ms;
    mock_api_server server{settings};
    client c(server);
    c.send(get(1));
    CHECK(c.receive_to_end() == 0);
    CHECK(c.text().empty());
    CHECK(comes_true([&] { return server.stats().concurrent == 0; }));
}

TEST_CASE("a dripping answer takes its time for every byte, whatever the idle timeout", "[trouble]") {
    fault f = of(fault_kind::drip);
    f.time = 2ms;
    auto settings = with({f});
    settings.idle_timeout = 1ms;
    mock_api_server server{settings};
    client c(server);
    const auto begun = steady::now();
    const auto answer = c.ask(get(1));
    CHECK(answer == bytes_of(1));
    CHECK(steady::now() - begun >= 2ms * (static_cast<int>(answer.size()) - 1));
}

TEST_CASE("an answer in front of a dripping one is sent whole", "[trouble]") {
    fault f = of(fault_kind::drip);
    f.time = 1h;
    mock_api_server server{with({f})};
    client c(server);
    c.send(get("/healthz") + get(1));
    CHECK(c.answer().ends_with("ok"));
    CHECK(c.receive(1) == client::no_end);
    CHECK(c.text().ends_with("okH"));
}

TEST_CASE("a slow answer is never early", "[trouble]") {
    fault f = of(fault_kind::slow);
    f.time = 60ms;
    auto settings = with({f});
    settings.api.http.mean = 40ms;
    mock_api_server server{settings};
    const auto begun = steady::now();
    CHECK(is_ok(client(server).ask(get(1))));
    CHECK(steady::now() - begun >= 100ms);
}

TEST_CASE("bytes without end stop at the limit, and wait for the client without being kept", "[trouble]") {
    const auto kind = GENERATE(fault_kind::huge_body, fault_kind::endless_body);
    mock_api_server server{with(kind)};
    std::deque<client> idle;
    for (order_id id = 1; id <= 20; ++id) idle.emplace_back(server, 4096).send(get(id));  // and do not read
    CHECK(comes_true([&] { return server.stats().responses == 20; }));
    client c(server);
    c.send(get(21));
    REQUIRE(c.receive(1'000) == client::no_end);
    const auto before = resident_bytes();
    const auto head = c.text().find("\r\n\r\n") + 4;
    std::size_t seen = c.text().size();
    int end = client::no_end;
    while (end == client::no_end) {
        c.forget();
        end = c.receive(1'000'000);
        seen += c.text().size();
    }
    CHECK(end == 0);
    CHECK(seen == head + endless_bytes);
    CHECK(resident_bytes() < before + endless_bytes / 2);
    CHECK(is_ok(client(server).ask(get("/healthz"))));
    idle.clear();
    CHECK(comes_true([&] { return server.stats().open_connections == 0; }));
}

TEST_CASE("a huge header has a good answer behind it", "[trouble]") {
    mock_api_server server{with({of(fault_kind::huge_header, 1)})};
    client c(server);
    const auto answer = c.ask(get(1));
    const auto good = bytes_of(1);
    CHECK(answer.size() == good.size() + huge_header_bytes);
    CHECK(answer.ends_with(good.substr(good.find("\r\n"))));
    CHECK(c.ask(get(1)) == good);
}

TEST_CASE("beyond the places every request gets 429 at once, and takes none", "[trouble]") {
    server_settings settings;
    settings.threads = 3;
    settings.api.http.mean = 1h;
    settings.api.trouble.limits = {3, 0, 2s};
    mock_api_server server{settings};
    std::deque<client> waiting;
    for (order_id id = 1; id <= 3; ++id) waiting.emplace_back(server).send(get(id));
    CHECK(comes_true([&] { return server.stats().concurrent == 3; }));
    for (order_id id = 4; id <= 8; ++id) {
        const auto answer = client(server).ask(get(id));
        CHECK(is_throttled(answer));
        CHECK(answer.find("\r\nRetry-After: 2\r\n") != std::string::npos);
    }
    CHECK(is_ok(client(server).ask(get("/healthz"))));
    const api_stats s = server.stats();
    CHECK(s.throttled == 5);
    CHECK(s.requests == 8);
    CHECK(s.responses == 5);
    CHECK(s.concurrent == 3);
    CHECK(s.peak_concurrent == 3);
    CHECK(s.faults == 0);
}

TEST_CASE("a place is free again with the answer, or the end of the connection", "[trouble]") {
    auto settings = with({of(fault_kind::black_hole, 1)});
    settings.api.trouble.limits.concurrent = 1;
    mock_api_server server{settings};
    for (int round = 0; round < 5; ++round) {
        client lost(server);
        lost.send(get(static_cast<order_id>(round) + 100));
        CHECK(comes_true([&] { return server.stats().concurrent == 1; }));
        client other(server);
        CHECK(is_throttled(other.ask(get(1))));
        lost.close();
        CHECK(comes_true([&] { return server.stats().concurrent == 0; }));
        for (int i = 0; i < 20; ++i) CHECK(is_ok(other.ask(get(1))));
    }
    CHECK(server.stats().throttled == 5);
}

TEST_CASE("no more is served than the rate allows, and the rest is throttled", "[trouble]") {
    server_settings settings;
    settings.api.trouble.limits = {0, 20, 1s};
    mock_api_server server{settings};
    client c(server);
    const auto begun = steady::now();
    std::string all;
    for (order_id id = 1; id <= 500; ++id) all += get(id);
    c.send(all);
    std::uint64_t served = 0, throttled = 0;
    for (order_id id = 1; id <= 500; ++id) {
        const auto answer = c.answer();
        served += is_ok(answer);
        throttled += is_throttled(answer);
    }
    const std::chrono::duration<double> took = steady::now() - begun;
    CHECK(served >= 2);  // the bucket is full at first
    CHECK(static_cast<double>(served) <= 2 + took.count() * 20 + 1);
    CHECK(served + throttled == 500);
    CHECK(server.stats().throttled == throttled);
    CHECK(server.stats().responses == 500);
}

TEST_CASE("a request before the Retry-After of its order is counted", "[trouble]") {
    fault f = of(fault_kind::status, 2);
    f.retry_after = 1h;
    mock_api_server server{with({f})};
    CHECK(client(server).ask(get(1)).find("\r\nRetry-After: 3600\r\n") != std::string::npos);
    CHECK(server.stats().early == 0);
    CHECK_FALSE(is_ok(client(server).ask(get(2))));
    CHECK(server.stats().early == 0);
    CHECK_FALSE(is_ok(client(server).ask(get(1))));
    CHECK(is_ok(client(server).ask(get(1))));
    CHECK(server.stats().early == 2);
}

TEST_CASE("in an outage every connection is reset, old ones and new ones", "[trouble]") {
    mock_api_server server{with_outage(0.5, 10, 1h)};
    client idle(server), busy(server);
    CHECK(is_ok(idle.ask(get("/healthz"))));
    for (order_id id = 1; id <= 5; ++id) CHECK(is_ok(busy.ask(get(id))));
    CHECK_FALSE(idle.has_received());  // it has not sent
    busy.send(get(6));
    CHECK(busy.receive_to_end() == ECONNRESET);
    idle.send(get("/healthz"));
    CHECK(idle.receive_to_end() == ECONNRESET);
    client late(server);
    CHECK(late.receive_to_end() == ECONNRESET);
    CHECK(late.text().empty());
    CHECK(server.stats().responses == 5);
    CHECK(comes_true([&] { return server.stats().open_connections == 0; }));
}

TEST_CASE("of requests under way when the outage begins none is answered", "[trouble]") {
    auto settings = with_outage(0.5, 10, 1h);
    settings.api.http.mean = 50ms;
    mock_api_server server{settings};
    std::deque<client> clients;
    for (int i = 0; i < 10; ++i) clients.emplace_back(server);
    CHECK(comes_true([&] { return server.stats().open_connections == 10; }));
    order_id id = 1;
    for (client& c : clients) c.send(get(id++));
    int answered = 0, reset = 0;
    for (client& c : clients) {
        if (is_ok(c.answer())) ++answered;
        else reset += c.text().empty();
    }
    CHECK(answered == 5);
    CHECK(reset == 5);
    CHECK(comes_true([&] { return server.stats().concurrent == 0; }));
}

TEST_CASE("an answer of many pipelined ones begins the outage, and is itself sent", "[trouble]") {
    mock_api_server server{with_outage(0.3, 10, 1h)};
    client c(server);
    c.send(get(1) + get(2) + get(3) + get(4) + get(5));
    CHECK(c.receive_to_end() == ECONNRESET);
    CHECK(c.text() == bytes_of(1) + bytes_of(2) + bytes_of(3));
}

TEST_CASE("an outage ends, and does not come again", "[trouble]") {
    mock_api_server server{with_outage(0.5, 10, 50ms)};
    {
        client c(server);
        for (order_id id = 1; id <= 5; ++id) CHECK(is_ok(c.ask(get(id))));
    }
    CHECK(comes_true([&] {
        client c(server);
        return c.try_ask(get(6));
    }));
    client c(server);
    for (order_id id = 7; id <= 50; ++id) CHECK(is_ok(c.ask(get(id))));
}

TEST_CASE("without a number of orders there is no outage", "[trouble]") {
    mock_api_server server{with_outage(0.1, 0, 1h)};
    client c(server);
    for (order_id id = 1; id <= 100; ++id) REQUIRE(is_ok(c.ask(get(id))));
}

TEST_CASE("a server stops amid any trouble", "[trouble]") {
    const auto kind = GENERATE(fault_kind::black_hole, fault_kind::drip, fault_kind::huge_body,
                               fault_kind::endless_body, fault_kind::huge_header, fault_kind::truncated);
    CAPTURE(name_of(kind));
    fault f = of(kind);
    f.time = 1h;
    mock_api_server server{with({f})};
    std::deque<client> clients;
    for (order_id id = 1; id <= 5; ++id) clients.emplace_back(server, 4096).send(get(id));
    CHECK(comes_true([&] { return server.stats().faults == 5; }));
    server.stop();
    server.wait();
    CHECK(server.stats().open_connections == 0);
    CHECK(server.stats().concurrent == 0);
}

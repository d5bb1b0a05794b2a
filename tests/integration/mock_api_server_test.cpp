// The mock API over real sockets: its answers, its counters, its limits, and that it ends. Every wait is bounded by
// `longest_wait`; none guesses how long something takes.
#include "contracts/error.hpp"
#include "mock_api/order_book.hpp"
#include "mock_api/order_json.hpp"
#include "mock_api/server.hpp"
#include "support/command.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <future>
#include <thread>
#include <vector>

using namespace pipebench;
using pipebench::test::comes_true;
using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using steady = std::chrono::steady_clock;

namespace {

constexpr auto longest_wait = 20s;

server_settings with_latency(duration mean) {
    server_settings s;
    s.api.http.mean = mean;
    return s;
}

std::string get(std::string_view target, std::string_view fields = "") {
    return fmt::format("GET {} HTTP/1.1\r\nHost: test\r\n{}\r\n", target, fields);
}

/// Sends given bytes and reads answers with Beast's parser. A wait past `longest_wait` fails the test.
class client {
public:
    using response = http::response<http::string_body>;

    explicit client(const mock_api_server& server, int receive_buffer = 0) {
        socket_.open(asio::ip::tcp::v4());
        if (receive_buffer > 0) socket_.set_option(asio::socket_base::receive_buffer_size(receive_buffer));
        socket_.connect({asio::ip::address_v4::loopback(), server.port()});
        socket_.set_option(asio::ip::tcp::no_delay(true));
    }

    void send(std::string_view text) { asio::write(socket_, asio::buffer(text)); }
    /// Sends in the background, for more bytes than fit into the sockets' buffers.
    void send_beside(std::string text) {
        pending_.push_back(std::move(text));
        asio::async_write(socket_, asio::buffer(pending_.back()), [](const error_code&, std::size_t) {});
    }
    response receive(bool head = false) {
        http::response_parser<http::string_body> parser;
        parser.skip(head);
        const error_code ec = finish([&](auto done) { http::async_read(socket_, buffer_, parser, done); });
        REQUIRE(ec.message() == error_code{}.message());
        return parser.release();
    }
    response ask(std::string_view request) {
        send(request);
        return receive();
    }
    /// Returns how the server ended the connection; drops earlier bytes.
    error_code await_end() {
        error_code ec;
        std::array<char, 4096> dropped;
        while (!ec) ec = finish([&](auto done) { socket_.async_read_some(asio::buffer(dropped), done); });
        return ec;
    }
    void close() { socket_.close(); }

private:
    template <class Start>
    error_code finish(Start start) {
        bool ended = false;
        error_code result;
        start([&](const error_code& ec, std::size_t) {
            ended = true;
            result = ec;
        });
        context_.restart();
        const auto deadline = steady::now() + longest_wait;
        while (!ended && steady::now() < deadline) context_.run_one_until(deadline);
        if (!ended) {
            socket_.close();  // ends the operation, which refers to our members
            context_.restart();
            context_.run();
            FAIL("the server did not answer within the time allowed");
        }
        return result;
    }

    asio::io_context context_{1};
    asio::ip::tcp::socket socket_{context_};
    boost::beast::flat_buffer buffer_;
    std::deque<std::string> pending_;
};

std::string body_of(order_id id, std::uint64_t seed = 42) {
    std::string out;
    append_json(out, make_order(id, seed));
    return out;
}

std::size_t open_descriptors() {
    using entries = std::filesystem::directory_iterator;
    return static_cast<std::size_t>(std::distance(entries("/proc/self/fd"), entries{}));
}

/// Calls stop() and wait(). Ends the program after `longest_wait`, since a server that does not end would hang the test.
void stop_in_time(mock_api_server& server) {
    auto ended = std::async(std::launch::async, [&server] {
        server.stop();
        server.wait();
    });
    if (ended.wait_for(longest_wait) != std::future_status::ready) {
        std::fputs("mock_api_server does not stop\n", stderr);
        std::abort();
    }
}

struct command_result {
    int status = -1;
    std::string output;  ///< stdout and stderr
};

command_result run_command(const std::string& command) {
    command_result r;
    std::FILE* pipe = popen(("timeout 60 " + command + " 2>&1").c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::array<char, 4096> part;
    for (std::size_t n = 0; (n = std::fread(part.data(), 1, part.size(), pipe)) > 0;) r.output.append(part.data(), n);
    const int status = pclose(pipe);
    if (WIFEXITED(status)) r.status = WEXITSTATUS(status);
    return r;
}

void need(const std::string& command, const std::string& what) {
    if (run_command(command).status != 0) SKIP(what + " is not installed");
}

std::string url(const mock_api_server& server, std::string_view path) {
    return fmt::format("http://127.0.0.1:{}{}", server.port(), path);
}

}  // namespace

TEST_CASE("orders come over one connection that is kept alive", "[mock_api]") {
    mock_api_server server{server_settings{}};
    client c(server);
    for (order_id id = 1; id <= 100; ++id) {
        const auto r = c.ask(get(fmt::format("/orders/{}", id)));
        REQUIRE(r.result_int() == 200);
        REQUIRE(r[http::field::content_type] == "application/json");
        REQUIRE(r.body() == body_of(id));
    }
    const api_stats s = server.stats();
    CHECK(s.connections == 1);
    CHECK(s.requests == 100);
    CHECK(s.responses == 100);
    CHECK(s.peak_concurrent == 1);
}

TEST_CASE("the seed decides what the orders are", "[mock_api]") {
    server_settings settings;
    settings.api.seed = 7;
    mock_api_server server{settings};
    CHECK(client(server).ask(get("/orders/5")).body() == body_of(5, 7));
}

TEST_CASE("the other paths answer, and do not count as orders", "[mock_api]") {
    mock_api_server server{server_settings{}};
    client c(server);
    CHECK(c.ask(get("/healthz")).body() == "ok");
    CHECK(c.ask(get("/nowhere")).result_int() == 404);
    CHECK(c.ask("POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc").result_int() == 405);
    CHECK(nlohmann::json::parse(c.ask(get("/stats")).body()).at("requests") == 0);
    CHECK(c.ask(get("/orders/0")).result_int() == 404);
    CHECK(c.ask(get("/orders/one")).result_int() == 400);
    const auto stats = nlohmann::json::parse(c.ask(get("/stats")).body());
    CHECK(stats.at("requests") == 2);
    CHECK(stats.at("responses") == 2);
    CHECK(stats.at("concurrent") == 0);
    CHECK(stats.at("open_connections") == 1);
}

TEST_CASE("HEAD gives the length and no body, and the connection goes on", "[mock_api]") {
    mock_api_server server{server_settings{}};
    client c(server);
    c.send("HEAD /orders/3 HTTP/1.1\r\nHost: a\r\n\r\n" + get("/orders/3"));
    CHECK(c.receive(true)[http::field::content_length] == std::to_string(body_of(3).size()));
    CHECK(c.receive().body() == body_of(3));
}

TEST_CASE("a connection is closed when the client asks for it, or speaks HTTP/1.0", "[mock_api]") {
    mock_api_server server{server_settings{}};
    client asks(server);
    CHECK(asks.ask(get("/orders/1", "Connection: close\r\n"))[http::field::connection] == "close");
    CHECK(asks.await_end() == asio::error::eof);
    client old(server);
    CHECK(old.ask("GET /orders/1 HTTP/1.0\r\n\r\n").body() == body_of(1));
    CHECK(old.await_end() == asio::error::eof);
    client old_kept(server);
    for (int i = 0; i < 3; ++i)
        CHECK(old_kept.ask("GET /orders/1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")[http::field::connection] ==
              "keep-alive");
    old_kept.close();
    CHECK(comes_true([&] { return server.stats().open_connections == 0; }));
}

TEST_CASE("pipelined requests are answered in their order", "[mock_api]") {
    mock_api_server server{with_latency(GENERATE_COPY(0ms, 5ms))};
    client c(server);
    std::string all;
    for (int id = 1; id <= 20; ++id) all += get(fmt::format("/orders/{}", id)) + get("/healthz");
    c.send(all);
    for (order_id id = 1; id <= 20; ++id) {
        REQUIRE(c.receive().body() == body_of(id));
        REQUIRE(c.receive().body() == "ok");
    }
}

TEST_CASE("a client that sends thousands of requests before it reads gets every answer", "[mock_api]") {
    mock_api_server server{server_settings{}};
    client c(server, 4096);  // small, so that the server has to wait for room
    constexpr order_id count = 10'000;
    std::string all;
    for (order_id id = 1; id <= count; ++id) all += get(fmt::format("/orders/{}", id));
    c.send_beside(std::move(all));
    for (order_id id = 1; id <= count; ++id) REQUIRE(c.receive().body() == body_of(id));
    CHECK(server.stats().responses == count);
}

TEST_CASE("a request may come byte by byte", "[mock_api]") {
    mock_api_server server{server_settings{}};
    client c(server);
    for (int round = 0; round < 2; ++round) {
        for (const char byte : get("/orders/77", "Content-Length: 2\r\n") + "xy") c.send({&byte, 1});
        CHECK(c.receive().body() == body_of(77));
    }
}

TEST_CASE("what is over a limit or not HTTP is answered, and ends the connection", "[mock_api]") {
    mock_api_server server{server_settings{}};
    struct row {
        unsigned status;
        std::string request;
    };
    const std::string filler(200'000, 'x');
    const std::vector<row> rows{{400, "\x16\x03\x01 hello\r\n\r\n"},
                                {400, "GET /orders/1 HTTP/1.1\r\n\r\n"},
                                {411, get("/orders/1", "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n"},
                                {413, get("/orders/1", "Content-Length: 200000\r\n") + filler},
                                {431, get("/orders/1", "Cookie: " + filler + "\r\n")},
                                {431, get("/" + filler)}};
    for (const row& r : rows) {
        client c(server);
        c.send_beside(r.request);
        const auto answer = c.receive();  // arrives while we are still sending
        CHECK(answer.result_int() == r.status);
        CHECK(answer[http::field::connection] == "close");
        CHECK(c.await_end() == asio::error::eof);
    }
    CHECK(server.stats().requests == 0);
    CHECK(comes_true([&] { return server.stats().open_connections == 0; }));
}

TEST_CASE("an answer is never early", "[mock_api]") {
    server_settings settings = with_latency(20ms);
    settings.api.http.spread = {jitter::shape::uniform, 15ms, 0};
    mock_api_server server{settings};
    client c(server);
    for (order_id id = 1; id <= 50; ++id) {
        const auto begun = steady::now();
        REQUIRE(c.ask(get(fmt::format("/orders/{}", id))).result_int() == 200);
        REQUIRE(steady::now() - begun >= delay_of(settings.api, id));
    }
}

TEST_CASE("waiting answers do not wait for each other, nor does a path without latency for them", "[mock_api]") {
    mock_api_server server{with_latency(300ms)};
    const auto begun = steady::now();
    std::deque<client> clients;
    for (int i = 1; i <= 50; ++i) clients.emplace_back(server).send(get(fmt::format("/orders/{}", i)));
    CHECK(client(server).ask(get("/healthz")).body() == "ok");
    for (client& c : clients) CHECK(c.receive().result_int() == 200);
    CHECK(steady::now() - begun < 50 * 300ms / 2);  // one after another: 15 s
}

TEST_CASE("the peaks are the numbers of connections and requests that were there at once", "[mock_api]") {
    server_settings settings = with_latency(1h);
    settings.threads = 3;
    mock_api_server server{settings};
    std::deque<client> clients;
    for (int i = 0; i < 60; ++i) clients.emplace_back(server);
    for (int i = 0; i < 40; ++i) clients[static_cast<std::size_t>(i)].send(get("/orders/1"));
    CHECK(comes_true([&] { return server.stats().concurrent == 40 && server.stats().open_connections == 60; }));
    for (int i = 40; i < 60; ++i) clients[static_cast<std::size_t>(i)].close();
    CHECK(comes_true([&] { return server.stats().open_connections == 40; }));
    const api_stats s = server.stats();
    CHECK(s.peak_concurrent == 40);
    CHECK(s.peak_connections == 60);
    CHECK(s.connections == 60);
    CHECK(s.requests == 40);
    CHECK(s.responses == 0);
    stop_in_time(server);
    CHECK(server.stats().concurrent == 0);
    CHECK(server.stats().open_connections == 0);
}

TEST_CASE("connections over the limit get 503, and are counted as refused", "[mock_api]") {
    server_settings settings;
    settings.max_connections = 2;
    mock_api_server server{settings};
    client first(server), second(server);
    CHECK(first.ask(get("/orders/1")).result_int() == 200);
    CHECK(second.ask(get("/orders/1")).result_int() == 200);
    client third(server);
    CHECK(third.receive().result_int() == 503);
    CHECK(third.await_end() == asio::error::eof);
    first.close();
    CHECK(comes_true([&] { return server.stats().open_connections == 1; }));
    CHECK(client(server).ask(get("/orders/1")).result_int() == 200);
    const api_stats s = server.stats();
    CHECK(s.refusals == 1);
    CHECK(s.connections == 3);
    CHECK(s.peak_connections == 2);
}

TEST_CASE("without a free descriptor the server waits and does not spin; whoever waited is served", "[mock_api]") {
    struct descriptor_limit {
        descriptor_limit() { getrlimit(RLIMIT_NOFILE, &before); }
        ~descriptor_limit() { restore(); }
        void use_up() const {
            const int next_free = dup(0);
            close(next_free);
            rlimit tight = before;
            tight.rlim_cur = static_cast<rlim_t>(next_free);
            setrlimit(RLIMIT_NOFILE, &tight);
        }
        void restore() const { setrlimit(RLIMIT_NOFILE, &before); }
        rlimit before{};
    } limit;
    mock_api_server server{server_settings{}};
    asio::io_context context;
    asio::ip::tcp::socket socket(context, asio::ip::tcp::v4());
    limit.use_up();
    socket.connect({asio::ip::address_v4::loopback(), server.port()});
    const auto begun = steady::now();
    const bool refused = comes_true([&] { return server.stats().refusals >= 5; });
    const auto took = steady::now() - begun;
    limit.restore();
    CHECK(refused);
    CHECK(took >= 4 * 20ms);  // a pause after each
    CHECK(comes_true([&] { return server.stats().open_connections == 1; }));
    CHECK(client(server).ask(get("/orders/1")).result_int() == 200);
}

TEST_CASE("a client that sends nothing, or half a request, or takes no answer, is dropped", "[mock_api]") {
    server_settings settings;
    settings.idle_timeout = 100ms;
    mock_api_server server{settings};
    client silent(server), half(server), greedy(server, 4096);
    half.send("GET /orders/1 HT");
    std::string many;
    for (int i = 0; i < 20'000; ++i) many += get("/orders/1");
    greedy.send_beside(std::move(many));  // and does not read
    CHECK(silent.await_end() == asio::error::eof);
    CHECK(half.await_end().failed());
    CHECK(comes_true([&] { return server.stats().open_connections == 0; }));
}

TEST_CASE("a client that we keep waiting is not idle", "[mock_api]") {
    server_settings settings = with_latency(600ms);
    settings.idle_timeout = 50ms;
    mock_api_server server{settings};
    CHECK(client(server).ask(get("/orders/1")).body() == body_of(1));
}

TEST_CASE("a stop ends whatever is open, and leaves no descriptor behind", "[mock_api]") {
    const std::size_t before = open_descriptors();
    {
        mock_api_server server{with_latency(1h)};
        std::deque<client> clients;
        for (int i = 0; i < 60; ++i) clients.emplace_back(server);
        for (std::size_t i = 0; i < 20; ++i) clients[i].send(get("/orders/1"));
        for (std::size_t i = 20; i < 40; ++i) clients[i].send("GET /ord");
        CHECK(comes_true([&] { return server.stats().concurrent == 20; }));
        stop_in_time(server);
        for (client& c : clients) CHECK(c.await_end().failed());
        server.stop();  // once more does no harm
        error_code ec;
        asio::io_context context;
        asio::ip::tcp::socket late(context);
        late.connect({asio::ip::address_v4::loopback(), server.port()}, ec);
        CHECK(ec == asio::error::connection_refused);
    }
    CHECK(open_descriptors() == before);
}

TEST_CASE("a server stopped in the middle of a storm of connects ends all the same", "[mock_api]") {
    for (int round = 0; round < 5; ++round) {
        mock_api_server server{server_settings{}};
        std::atomic<bool> enough = false;
        std::thread storm([&] {
            asio::io_context context;
            for (error_code ec; !ec && !enough;) {
                asio::ip::tcp::socket s(context);
                s.connect({asio::ip::address_v4::loopback(), server.port()}, ec);
                if (!ec) asio::write(s, asio::buffer(get("/orders/1")), ec);
                ec = server.stats().connections > 0 ? ec : error_code{};
            }
        });
        CHECK(comes_true([&] { return server.stats().connections > 50; }));
        stop_in_time(server);
        enough = true;
        storm.join();
        CHECK(server.stats().open_connections == 0);
    }
}

TEST_CASE("a port that is taken, or an address that is none of ours, is one line that says so", "[mock_api]") {
    const auto message = [](const server_settings& settings) -> std::string {
        try {
            mock_api_server server{settings};
        } catch (const setup_error& e) {
            return e.what();
        }
        return "";
    };
    const std::size_t before = open_descriptors();
    {
        mock_api_server first{server_settings{}};
        server_settings taken;
        taken.port = first.port();
        CHECK(message(taken) ==
              fmt::format("the mock API cannot listen on 127.0.0.1 port {}: Address already in use", first.port()));
    }
    server_settings elsewhere;
    elsewhere.address = "192.0.2.1";
    CHECK(message(elsewhere).find("Cannot assign requested address") != std::string::npos);
    elsewhere.address = "local\nhost";
    CHECK(message(elsewhere) == "the mock API cannot listen on 'local\\x0ahost': give an IP address, as 127.0.0.1");
    server_settings many;
    many.threads = 65;
    CHECK(message(many) == "the mock API takes at most 64 threads, not 65");
    CHECK(open_descriptors() == before);
}

TEST_CASE("the server listens on IPv6 as well", "[mock_api]") {
    if (!std::filesystem::exists("/proc/net/if_inet6")) SKIP("this kernel has no IPv6");
    server_settings settings;
    settings.address = "::1";
    mock_api_server server{settings};
    asio::io_context context;
    asio::ip::tcp::socket s(context);
    s.connect({asio::ip::address_v6::loopback(), server.port()});
    CHECK(comes_true([&] { return server.stats().open_connections == 1; }));
}

TEST_CASE("its threads leave the signals to the owner", "[mock_api]") {
    mock_api_server server{server_settings{}};
    const auto own = getpid();
    int blocked = 0;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        if (task.path().filename() == std::to_string(own)) continue;
        const auto status =
            run_command("grep SigBlk " + (task.path() / "status").string().replace(6, 4, std::to_string(own)));
        if (status.output.find("fffffffe7ffbfeff") != std::string::npos) ++blocked;
    }
    CHECK(blocked >= 2);
}

TEST_CASE("every order is valid by the schema in the docs", "[mock_api][tools]") {
    need("python3 -c 'import jsonschema, requests'", "Python's jsonschema or requests");
    mock_api_server server{server_settings{}};
    const auto r = run_command(fmt::format(R"(python3 -c '
import json, jsonschema, requests
schema = json.load(open("{}/docs/order.schema.json"))
validator = jsonschema.Draft202012Validator(schema)
validator.check_schema(schema)
session = requests.Session()
for id in range(1, 501):
    order = session.get("{}/" + str(id)).json()
    validator.validate(order)
    assert order["id"] == id
for path, bad in (("id", 0), ("customer", ""), ("currency", "eur"), ("lines", []), ("service_level", "slow")):
    assert not validator.is_valid(dict(order, **{{path: bad}})), path
print("valid")
')",
                                           PIPEBENCH_SOURCE_DIR, url(server, "/orders")));
    CAPTURE(r.output);
    CHECK(r.output == "valid\n");
}

TEST_CASE("curl is served, over kept and closed connections, HTTP/1.0 and HEAD, with and without a body",
          "[mock_api][tools]") {
    need("curl --version", "curl");
    mock_api_server server{server_settings{}};
    const std::string order = url(server, "/orders/8");
    const std::string expected = body_of(8);
    CHECK(run_command("curl -sS --fail " + order).output == expected);
    CHECK(run_command("curl -sS --fail --http1.0 " + order).output == expected);
    CHECK(run_command("curl -sS --fail --http2 " + order).output == expected);  // an upgrade that the server refuses
    CHECK(run_command("curl -sS --fail -H 'Connection: close' " + order).output == expected);
    CHECK(run_command("curl -sS --fail -X GET -d 'ignored' " + order).output == expected);
    CHECK(run_command("curl -sS --fail -I " + order)
              .output.find("Content-Length: " + std::to_string(expected.size())) != std::string::npos);
    CHECK(run_command("curl -sS -o /dev/null -w '%{http_code}' -d x " + order).output == "405");
    CHECK(
        run_command("sh -c 'head -c 3000000 /dev/zero | curl -sS -o /dev/null -w \"%{http_code}\" --data-binary @- " +
                    order + "'")
            .output.starts_with("413"));
    const auto before = server.stats().connections;
    CHECK(run_command("curl -sS --fail '" + url(server, "/orders/[1-50]") + "' -o /dev/null").status == 0);
    CHECK(server.stats().connections == before + 1);
}

TEST_CASE("Python's requests is served, over one connection of a session", "[mock_api][tools]") {
    need("python3 -c 'import requests'", "Python's requests");
    mock_api_server server{with_latency(1ms)};
    const auto r = run_command(fmt::format(R"(python3 -c '
import requests
with requests.Session() as s:
    for id in range(1, 101):
        r = s.get("{0}/orders/%d" % id)
        assert r.status_code == 200 and r.json()["id"] == id
    assert s.get("{0}/orders/0").status_code == 404
    assert s.post("{0}/orders/1", json={{"a": 1}}).status_code == 405
    assert s.head("{0}/orders/1").headers["content-length"]
    stats = s.get("{0}/stats").json()
assert stats["connections"] == 1, stats
print(requests.get("{0}/healthz").text)
')",
                                           url(server, "")));
    CAPTURE(r.output);
    CHECK(r.output == "ok\n");
}

TEST_CASE("wrk sees no errors", "[mock_api][tools]") {
    need("which wrk", "wrk");
    mock_api_server server{server_settings{}};
    const auto r = run_command("wrk -t2 -c64 -d1s " + url(server, "/orders/1"));
    CAPTURE(r.output);
    CHECK(r.status == 0);
    CHECK(r.output.find("Requests/sec") != std::string::npos);
    CHECK(r.output.find("Socket errors") == std::string::npos);
    CHECK(r.output.find("Non-2xx") == std::string::npos);
    CHECK(server.stats().peak_connections <= 65);  // wrk asks once by itself, and then opens its 64
    CHECK(server.stats().peak_concurrent <= 64);
    CHECK(comes_true([&] { return server.stats().concurrent == 0 && server.stats().open_connections == 0; }));
}

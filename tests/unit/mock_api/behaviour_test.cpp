// The mock API without a socket: routes, latencies, parsing of hostile bytes, and the bytes of a reply.
#include "mock_api/behaviour.hpp"
#include "mock_api/order_book.hpp"
#include "mock_api/order_json.hpp"
#include "mock_api/reply_writer.hpp"
#include "mock_api/request_reader.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <map>
#include <vector>

using namespace pipebench;
using namespace std::chrono_literals;

namespace {

using progress = request_reader::progress;

const api_settings instant{};

api_settings with_latency(duration mean, jitter spread = {}) {
    api_settings s;
    s.http = {mean, spread};
    return s;
}

struct reading {
    progress result = progress::incomplete;
    api_reply reply;
    std::string rest;
};

/// Gives the reader `text` in pieces of `size` bytes, as a connection would: unread bytes precede the next piece.
reading read_in_pieces(std::string_view text, std::size_t size) {
    request_reader reader(instant);
    reading r;
    while (r.result == progress::incomplete && !text.empty()) {
        r.rest += text.substr(0, size);
        text.remove_prefix(std::min(size, text.size()));
        std::string_view left = r.rest;
        r.result = reader.feed(left);
        r.rest.erase(0, r.rest.size() - left.size());
        if (r.result == progress::incomplete) REQUIRE(r.rest.size() <= max_header_bytes);
    }
    r.rest += text;
    r.reply = reader.reply();
    return r;
}

reading read(std::string_view text) { return read_in_pieces(text, text.size()); }

std::string get(std::string_view target, std::string_view fields = "") {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}

std::string bytes_of(const api_reply& reply, const api_stats& stats = {}) {
    std::string out;
    reply_writer(instant).append(out, reply, stats);
    return out;
}

std::string body_of(const std::string& bytes) { return bytes.substr(bytes.find("\r\n\r\n") + 4); }

}  // namespace

TEST_CASE("each path has its answer", "[behaviour]") {
    struct row {
        std::string_view target;
        unsigned status;
        api_resource resource;
        order_id id;
    };
    const auto row_ = GENERATE(values<row>({
        {"/orders/1", 200, api_resource::order, 1},
        {"/orders/1000000000000000", 200, api_resource::order, 1'000'000'000'000'000},
        {"/orders/5?verbose=1", 200, api_resource::order, 5},
        {"http://localhost:8080/orders/5", 200, api_resource::order, 5},
        {"/healthz", 200, api_resource::health, 0},
        {"/stats", 200, api_resource::stats, 0},
        // a number that no order has
        {"/orders/0", 404, api_resource::order, 0},
        {"/orders/1000000000000001", 404, api_resource::order, 0},
        {"/orders/18446744073709551617", 404, api_resource::order, 0},
        {"/orders/99999999999999999999999999999999999999999999", 404, api_resource::order, 0},
        // not in our form of numbers
        {"/orders/abc", 400, api_resource::order, 0},
        {"/orders/-1", 400, api_resource::order, 0},
        {"/orders/+1", 400, api_resource::order, 0},
        {"/orders/01", 400, api_resource::order, 0},
        {"/orders/00", 400, api_resource::order, 0},
        {"/orders/1.5", 400, api_resource::order, 0},
        {"/orders/1e3", 400, api_resource::order, 0},
        {"/orders/%31", 400, api_resource::order, 0},
        {"/orders/1/lines", 400, api_resource::order, 0},
        {"/orders/1/", 400, api_resource::order, 0},
        // unknown paths
        {"/", 404, api_resource::none, 0},
        {"/orders", 404, api_resource::none, 0},
        {"/orders/", 404, api_resource::none, 0},
        {"/order/1", 404, api_resource::none, 0},
        {"//orders/1", 404, api_resource::none, 0},
        {"/healthz/", 404, api_resource::none, 0},
        {"/?/orders/1", 404, api_resource::none, 0},
        // not paths
        {"*", 400, api_resource::none, 0},
        {"orders/1", 400, api_resource::none, 0},
        {"http://localhost", 400, api_resource::none, 0},
        {"", 400, api_resource::none, 0},
    }));
    CAPTURE(row_.target);
    const api_reply reply = reply_to(instant, "GET", row_.target);
    CHECK(reply.status == row_.status);
    CHECK(reply.resource == row_.resource);
    CHECK(reply.id == row_.id);
}

TEST_CASE("other methods than GET and HEAD are refused where there is something to refuse", "[behaviour]") {
    const auto* method = GENERATE("POST", "PUT", "DELETE", "OPTIONS", "PATCH", "get", "BREW");
    CAPTURE(method);
    for (const auto* target : {"/orders/1", "/healthz", "/stats"})
        CHECK(reply_to(instant, method, target).status == 405);
    CHECK(reply_to(instant, method, "/nowhere").status == 404);
    CHECK(reply_to(instant, method, "/orders/0").status == 404);
}

TEST_CASE("only an order that is answered is delayed", "[behaviour]") {
    const auto slow = with_latency(100ms);
    CHECK(reply_to(slow, "GET", "/orders/1").delay == 100ms);
    CHECK(reply_to(slow, "HEAD", "/orders/1").delay == 100ms);
    for (const auto* target : {"/orders/0", "/orders/x", "/healthz", "/stats", "/nowhere"})
        CHECK(reply_to(slow, "GET", target).delay == 0ms);
    CHECK(reply_to(slow, "POST", "/orders/1").delay == 0ms);
}

TEST_CASE("without jitter every delay is the mean, and never more than a day", "[behaviour]") {
    for (order_id id = 1; id < 100; ++id) CHECK(delay_of(with_latency(100ms), id) == 100ms);
    CHECK(delay_of(with_latency(0ms), 1) == 0ms);
    CHECK(delay_of(with_latency(48h), 1) == max_duration);
    CHECK(delay_of(with_latency(-1ms), 1) == 0ms);
}

TEST_CASE("uniform jitter fills its interval evenly", "[behaviour]") {
    const auto s = with_latency(100ms, {jitter::shape::uniform, 20ms, 0});
    double sum = 0;
    auto least = duration::max(), most = duration::min();
    for (order_id id = 1; id <= 20'000; ++id) {
        const duration d = delay_of(s, id);
        sum += static_cast<double>(d.count());
        least = std::min(least, d);
        most = std::max(most, d);
    }
    CHECK((least >= 80ms && least < 80100us));
    CHECK((most <= 120ms && most > 119900us));
    CHECK(std::abs(sum / 20'000 - 100'000) < 300);
}

TEST_CASE("lognormal jitter keeps the mean, and has the spread asked for", "[behaviour]") {
    const double sigma = GENERATE(0.1, 0.5, 1.0);
    const auto s = with_latency(100ms, {jitter::shape::lognormal, {}, sigma});
    constexpr int draws = 200'000;
    double sum = 0, log_sum = 0, log_squares = 0;
    for (order_id id = 1; id <= draws; ++id) {
        const auto us = static_cast<double>(delay_of(s, id).count());
        sum += us;
        log_sum += std::log(us);
        log_squares += std::log(us) * std::log(us);
    }
    CAPTURE(sigma);
    CHECK(std::abs(sum / draws / 100'000 - 1) < 0.02);
    CHECK(std::abs(std::sqrt(log_squares / draws - (log_sum / draws) * (log_sum / draws)) / sigma - 1) < 0.02);
}

TEST_CASE("a delay is never negative and never more than a day, whatever the jitter", "[behaviour]") {
    const auto wide = with_latency(1ms, {jitter::shape::uniform, 10ms, 0});
    const auto wild = with_latency(max_duration, {jitter::shape::lognormal, {}, 3});
    int clamped_below = 0, clamped_above = 0;
    for (order_id id = 1; id <= 5'000; ++id) {
        REQUIRE(delay_of(wide, id) >= 0us);
        REQUIRE(delay_of(wild, id) <= max_duration);
        clamped_below += delay_of(wide, id) == 0us;
        clamped_above += delay_of(wild, id) == max_duration;
    }
    CHECK(clamped_below > 0);
    CHECK(clamped_above > 0);
}

TEST_CASE("a delay follows from the seed and the order alone", "[behaviour]") {
    auto s = with_latency(100ms, {jitter::shape::lognormal, {}, 0.5});
    const duration before = delay_of(s, 7);
    CHECK(delay_of(s, 7) == before);
    CHECK(delay_of(s, 8) != before);
    s.seed = 43;
    CHECK(delay_of(s, 7) != before);
}

TEST_CASE("a request is read alike whole and in pieces of any size", "[behaviour]") {
    const std::string body(1'000, 'x');
    const auto* head = GENERATE("GET /orders/12 HTTP/1.1\r\nHost: a\r\n\r\n", "HEAD /orders/12 HTTP/1.0\r\n\r\n",
                                "POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n",
                                "\r\n\r\nGET /stats HTTP/1.1\r\nAccept: */*\r\nHost: a\r\nConnection: close\r\n\r\n",
                                "GET /stats HTTP/1.1\r\n\r\n", "GET /a b HTTP/1.1\r\n\r\n",
                                "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    const bool has_body = std::string_view(head).find("Content-Length") != std::string_view::npos;
    const std::string text = head + (has_body ? body : "");
    const reading whole = read(text);
    CHECK(whole.result != progress::incomplete);
    for (std::size_t size = 1; size <= text.size(); ++size) {
        const reading r = read_in_pieces(text, size);
        CAPTURE(text, size);
        REQUIRE(r.result == whole.result);
        REQUIRE(r.reply == whole.reply);
        if (r.result == progress::complete) REQUIRE(r.rest.empty());
    }
}

TEST_CASE("blank lines before a request are skipped, as RFC 9112 asks", "[behaviour]") {
    CHECK(read("\r\n\r\n" + get("/healthz")).reply.status == 200);
    CHECK(read("\r\n").result == progress::incomplete);
}

TEST_CASE("what follows a request is left for the next reader", "[behaviour]") {
    CHECK(read(get("/orders/1") + get("/orders/2")).rest == get("/orders/2"));
    const reading with_body = read(get("/orders/1", "Content-Length: 3\r\n") + "abc" + get("/orders/2"));
    CHECK(with_body.result == progress::complete);
    CHECK(with_body.rest == get("/orders/2"));
}

TEST_CASE("a connection is kept as the client's version and wish have it", "[behaviour]") {
    CHECK(read(get("/healthz")).reply.connection == persistence::keep_alive);
    CHECK(read(get("/healthz", "Connection: close\r\n")).reply.connection == persistence::close);
    CHECK(read(get("/healthz", "Connection: Foo, CLOSE\r\n")).reply.connection == persistence::close);
    CHECK(read("GET /healthz HTTP/1.0\r\n\r\n").reply.connection == persistence::close);
    CHECK(read("GET /healthz HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").reply.connection ==
          persistence::announce_keep_alive);
}

TEST_CASE("what is not HTTP is answered with 400 and the end of the connection", "[behaviour]") {
    using namespace std::string_literals;
    const auto text = GENERATE(values<std::string>({
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s,  // TLS
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET /orders/1\r\n\r\n",
        "GET  /orders/1 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /orders/1 HTTP/1.1\nHost: a\n\n",
        "GET /orders/1 HTTP/1.1 \r\nHost: a\r\n\r\n",
        "GET /orders/1 HTTP/3.0\r\nHost: a\r\n\r\n",
        "GET /orders/1 http/1.1\r\nHost: a\r\n\r\n",
        "GET /ord\0ers/1 HTTP/1.1\r\nHost: a\r\n\r\n"s,
        "G\x80T /orders/1 HTTP/1.1\r\nHost: a\r\n\r\n",
        get("/orders/1", "No colon here\r\n"),
        get("/orders/1", ": no name\r\n"),
        get("/orders/1", "Space : before colon\r\n"),
        get("/orders/1", "Bad: \x01\r\n"),
        get("/orders/1", "Content-Length: -1\r\n"),
        get("/orders/1", "Content-Length: 1x\r\n"),
        get("/orders/1", "Content-Length: 99999999999999999999999\r\n"),
        get("/orders/1", "Content-Length: 1\r\nContent-Length: 2\r\n"),
        get("/orders/1", "Host: b\r\n"),
        "GET /orders/1 HTTP/1.1\r\n\r\n",
        "GET /orders/1 HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
    }));
    CAPTURE(text);
    const reading r = read(text);
    CHECK(r.result == progress::failed);
    CHECK(r.reply.status == 400);
    CHECK(r.reply.connection == persistence::close);
    CHECK(r.reply.resource == api_resource::none);
}

TEST_CASE("a header is read up to 8 KiB, however it is divided", "[behaviour]") {
    const std::size_t size = GENERATE(1U, 100U, 8'000U, 100'000U);
    CAPTURE(size);
    const std::string long_field = "Cookie: " + std::string(9'000, 'x') + "\r\n";
    CHECK(read_in_pieces(get("/orders/1", long_field), size).reply.status == 431);
    std::string many_fields;
    for (int i = 0; i < 500; ++i) many_fields += "X-Field: 0123456789\r\n";
    CHECK(read_in_pieces(get("/orders/1", many_fields), size).reply.status == 431);
    CHECK(read_in_pieces(get("/" + std::string(9'000, 'x')), size).reply.status == 431);
    const std::string fits = "Cookie: " + std::string(7'900, 'x') + "\r\n";
    CHECK(read_in_pieces(get("/orders/1", fits), size).reply.status == 200);
}

TEST_CASE("a header without an end is given up at 8 KiB", "[behaviour]") {
    for (const std::string start : {"", "GET /orders/1 HTTP/1.1\r\nX: "}) {
        const reading r = read_in_pieces(start + std::string(20'000, 'Y'), 1);  // checks the size at every step
        CHECK(r.result == progress::failed);
        CHECK(r.reply.status == 431);
    }
}

TEST_CASE("a body is read and ignored up to 64 KiB, and needs a length", "[behaviour]") {
    const std::string largest = get("/orders/1", "Content-Length: 65536\r\n") + std::string(65'536, 'x');
    CHECK(read(largest).reply.status == 200);
    CHECK(read(largest).rest.empty());
    const reading larger = read(get("/orders/1", "Content-Length: 65537\r\n"));
    CHECK(larger.result == progress::failed);
    CHECK(larger.reply.status == 413);
    CHECK(read(get("/orders/1", "Transfer-Encoding: chunked\r\n")).reply.status == 411);
    CHECK(read(get("/orders/1", "Transfer-Encoding: gzip\r\n")).reply.status == 411);
    // Two conflicting lengths of one body allow request smuggling.
    CHECK(read(get("/orders/1", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")).result == progress::failed);
    CHECK(read(get("/orders/1", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")).result == progress::failed);
}

TEST_CASE("no bytes make the reader fail in any other way, or hold more than a header", "[behaviour][fuzz]") {
    dice d(42, 0);
    std::map<progress, int> results;
    const std::vector<std::string> seeds{get("/orders/1"), get("/orders/1", "Content-Length: 10\r\n") + "0123456789",
                                         get("/stats", "Connection: close, keep-alive\r\nExpect: 100-continue\r\n")};
    for (int round = 0; round < 20'000; ++round) {
        std::string text = seeds[d.below(seeds.size())];
        for (auto changes = 1 + d.below(4); changes > 0; --changes)
            text[d.below(text.size())] = static_cast<char>(d.below(256));
        if (d.below(4) == 0) text.resize(d.below(text.size()));
        ++results[read_in_pieces(text, 1 + d.below(30)).result];  // it checks the memory held
    }
    CHECK(results[progress::complete] > 1'000);
    CHECK(results[progress::failed] > 1'000);
    CHECK(results[progress::incomplete] > 1'000);
}

TEST_CASE("a reply is these bytes", "[behaviour]") {
    api_reply reply = reply_to(instant, "GET", "/healthz");
    reply.connection = persistence::keep_alive;
    CHECK(bytes_of(reply) == "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok");
    reply.connection = persistence::close;
    CHECK(bytes_of(reply) ==
          "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
    reply.connection = persistence::announce_keep_alive;
    CHECK(bytes_of(reply) == "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: "
                             "2\r\nConnection: keep-alive\r\n\r\nok");
    CHECK(bytes_of(reply_to(instant, "POST", "/healthz"))
              .starts_with("HTTP/1.1 405 Method Not Allowed\r\nAllow: GET, HEAD\r\n"));
}

TEST_CASE("an order is sent as the order book writes it, and HEAD announces its length without it", "[behaviour]") {
    std::string expected;
    append_json(expected, make_order(9, instant.seed));
    const std::string whole = bytes_of(reply_to(instant, "GET", "/orders/9"));
    CHECK(body_of(whole) == expected);
    CHECK(whole.find("Content-Length: " + std::to_string(expected.size()) + "\r\n") != std::string::npos);
    CHECK(whole.find("Content-Type: application/json\r\n") != std::string::npos);
    const std::string head = bytes_of(reply_to(instant, "HEAD", "/orders/9"));
    CHECK(head == whole.substr(0, whole.size() - expected.size()));
}

TEST_CASE("every problem is explained in JSON", "[behaviour]") {
    for (const unsigned status : {400U, 404U, 405U, 411U, 413U, 429U, 431U, 503U}) {
        api_reply reply;
        reply.status = status;
        const std::string bytes = bytes_of(reply);
        CAPTURE(bytes);
        CHECK(bytes.starts_with("HTTP/1.1 " + std::to_string(status) + " "));
        CHECK(bytes.find("Unknown") == std::string::npos);
        CHECK_FALSE(nlohmann::json::parse(body_of(bytes)).at("error").get<std::string>().empty());
    }
}

TEST_CASE("the counters are sent under their names", "[behaviour]") {
    api_stats stats;
    stats.threads = 9;
    stats.requests = 1;
    stats.responses = 2;
    stats.concurrent = 3;
    stats.peak_concurrent = 4;
    stats.connections = 5;
    stats.open_connections = 6;
    stats.peak_connections = 7;
    stats.refusals = 8;
    stats.throttled = 10;
    stats.faults = 11;
    stats.early = 12;
    const auto json = nlohmann::json::parse(body_of(bytes_of(reply_to(instant, "GET", "/stats"), stats)));
    CHECK(json == nlohmann::json{{"threads", 9},
                                 {"requests", 1},
                                 {"responses", 2},
                                 {"concurrent", 3},
                                 {"peak_concurrent", 4},
                                 {"connections", 5},
                                 {"open_connections", 6},
                                 {"peak_connections", 7},
                                 {"refusals", 8},
                                 {"throttled", 10},
                                 {"faults", 11},
                                 {"early", 12}});
}

// The HTTP of one fetch, byte by byte and without a socket. Servers are not trusted: an answer that is wrong, endless
// or larger than memory must become one kind of failure.
#include "pipeline/http_exchange.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/beast/http/error.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace pipebench;
using boost::system::error_code;

namespace {

const api_endpoint api{"localhost", 8080, "/v1", "localhost:8080"};
const std::string json_header = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

/// The result if a server sends `bytes` and closes. The caller can inspect the parser afterwards.
error_code feed(response_parser& parser, std::string_view bytes) {
    parser.eager(true);
    error_code ec;
    while (!parser.is_done() && !bytes.empty()) {
        bytes.remove_prefix(parser.put(boost::asio::buffer(bytes), ec));
        if (ec == http::error::need_more) break;
        if (ec) return ec;
    }
    ec = {};
    if (!parser.is_done()) parser.put_eof(ec);
    return ec;
}

/// The result for a fetcher: a failure of the transport, or the class of the response.
fetch_result exchange(std::string_view bytes) {
    std::string spare;
    response_parser parser(spare);
    const auto ec = feed(parser, bytes);
    return ec ? fetch_result{kind_of(ec, exchange_phase::exchanging), {}} : read_response(parser, {});
}

std::string with_length(const std::string& body) {
    return json_header + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string with_status(const std::string& status) {
    return "HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
}

}  // namespace

// --- the request ---

TEST_CASE("a request is one order's, under the prefix, and keeps the connection", "[http]") {
    std::string out = "what was there before";
    render_request(out, api, 42, connection_use::keep_alive);
    CHECK(out == "GET /v1/orders/42 HTTP/1.1\r\nHost: localhost:8080\r\nAccept: application/json\r\n\r\n");
}

TEST_CASE("a request on a connection of its own says that it is the last", "[http]") {
    std::string out;
    render_request(out, {"h", 80, "", "h"}, ~order_id{0}, connection_use::per_order);
    CHECK(out == "GET /orders/18446744073709551615 HTTP/1.1\r\nHost: h\r\nAccept: application/json\r\n"
                 "Connection: close\r\n\r\n");
}

// --- the response ---

TEST_CASE("a good response gives its body, however it is framed", "[http]") {
    const auto bytes =
        GENERATE(with_length("{\"id\":1}"), json_header + "\r\n{\"id\":1}",
                 json_header + "Transfer-Encoding: chunked\r\n\r\n3\r\n{\"i\r\n5\r\nd\":1}\r\n0\r\n\r\n");
    const auto result = exchange(bytes);
    CHECK(result.kind == error_kind::none);
    CHECK(result.body == "{\"id\":1}");
}

TEST_CASE("a body is put into the memory that is given for it, and nothing of what was there is left", "[http]") {
    std::string spare(10'000, 'x');
    const void* const memory = spare.data();
    response_parser parser(spare);
    REQUIRE_FALSE(feed(parser, with_length("{\"id\":1}")).failed());
    CHECK(parser.body() == "{\"id\":1}");
    CHECK(static_cast<const void*>(parser.body().data()) == memory);
    CHECK(spare.empty());  // of two bodies that are on their way at once, the second has memory of its own
    response_parser second(spare);
    REQUIRE_FALSE(feed(second, with_length("{\"id\":2}")).failed());
    CHECK(second.body() == "{\"id\":2}");
    CHECK(parser.body() == "{\"id\":1}");
}

TEST_CASE("a body replaces the longer or shorter one before it, however either is framed", "[http]") {
    const std::vector<std::pair<std::string, std::string>> answers{
        {with_length("{\"id\":1}"), "{\"id\":1}"},
        {json_header + "\r\n[]", "[]"},
        {json_header + "Transfer-Encoding: chunked\r\n\r\n1\r\n[\r\n3\r\n1,2\r\n1\r\n]\r\n0\r\n\r\n", "[1,2]"},
        {with_length("{}"), "{}"},
    };
    std::string spare;
    for (const auto& [bytes, body] : answers) {
        CAPTURE(bytes);
        response_parser parser(spare);
        REQUIRE_FALSE(feed(parser, bytes).failed());
        auto result = read_response(parser, {});
        CHECK(result.kind == error_kind::none);
        CHECK(result.body == body);
        spare = std::move(result.body);
    }
}

TEST_CASE("a status that is not 200 is a kind of failure, and its body is of no interest", "[http]") {
    const auto [status, kind] =
        GENERATE(table<std::string, error_kind>({{"429 Too Many Requests", error_kind::throttled},
                                                 {"500 Oops", error_kind::server_error},
                                                 {"503 Busy", error_kind::server_error},
                                                 {"599 ?", error_kind::server_error},
                                                 {"404 Not Found", error_kind::rejected},
                                                 {"201 Created", error_kind::rejected},
                                                 {"302 Found", error_kind::rejected}}));
    CAPTURE(status);
    const auto result = exchange(with_status(status));
    CHECK(result.kind == kind);
    CHECK(result.body.empty());
}

TEST_CASE("only JSON is taken for an order, whatever case and parameters its type has", "[http]") {
    const auto kind_with = [](const std::string& header) {
        return exchange("HTTP/1.1 200 OK\r\n" + header + "Content-Length: 2\r\n\r\n{}").kind;
    };
    CHECK(kind_with("Content-Type: Application/JSON\r\n") == error_kind::none);
    CHECK(kind_with("content-type: application/json; charset=utf-8\r\n") == error_kind::none);
    CHECK(kind_with("Content-Type: application/json ; charset=utf-8\r\n") == error_kind::none);
    CHECK(kind_with("Content-Type: text/html\r\n") == error_kind::protocol);
    CHECK(kind_with("Content-Type: application/jsonp\r\n") == error_kind::protocol);
    CHECK(kind_with("Content-Type: application/problem+json\r\n") == error_kind::protocol);
    CHECK(kind_with("Content-Type:\r\n") == error_kind::protocol);
    CHECK(kind_with("") == error_kind::protocol);
}

TEST_CASE("a body may be 1 MiB, and not a byte more", "[http]") {
    const std::string largest(max_response_body, ' ');
    CHECK(exchange(with_length(largest)).kind == error_kind::none);
    CHECK(exchange(with_length(largest + ' ')).kind == error_kind::too_large);
    CHECK(exchange(json_header + "\r\n" + largest + ' ').kind == error_kind::too_large);
}

TEST_CASE("a length over the limit is refused before memory is reserved for it", "[http]") {
    const auto* length = GENERATE("1048577", "100000000000", "18446744073709551615");
    std::string spare;
    response_parser parser(spare);
    const auto ec = feed(parser, json_header + "Content-Length: " + length + "\r\n\r\n");
    CHECK(kind_of(ec, exchange_phase::exchanging) == error_kind::too_large);
    CHECK(parser.body().capacity() < 1000);
}

TEST_CASE("a header without end is refused at its limit", "[http]") {
    CHECK(exchange(json_header + "X: " + std::string(1'000'000, 'x')).kind == error_kind::too_large);
    CHECK(exchange(json_header + "X: " + std::string(1'000'000, 'x') + "\r\n\r\n{}").kind == error_kind::too_large);
    std::string many = json_header;
    for (int i = 0; i < 5'000; ++i) many += "X: y\r\n";
    CHECK(exchange(many + "\r\n{}").kind == error_kind::too_large);
}

TEST_CASE("chunks without end are refused at the limit of the body", "[http]") {
    std::string endless = json_header + "Transfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 40; ++i) endless += "8000\r\n" + std::string(0x8000, ' ') + "\r\n";
    CHECK(exchange(endless).kind == error_kind::too_large);
    CHECK(exchange(json_header + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n").kind ==
          error_kind::too_large);
}

TEST_CASE("an exchange that breaks off anywhere is a reset", "[http]") {
    const auto whole = with_length("{\"id\":1}");
    for (std::size_t length = 1; length < whole.size(); ++length) {
        CAPTURE(length);
        REQUIRE(exchange(whole.substr(0, length)).kind == error_kind::reset);
    }
}

TEST_CASE("what is not HTTP is a violation of the protocol", "[http]") {
    const auto* bytes = GENERATE("SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n",
                                 "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
                                 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
                                 "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
                                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n");
    CAPTURE(bytes);
    CHECK(exchange(bytes).kind == error_kind::protocol);
}

// --- failures of the transport ---

TEST_CASE("a failure before the connection stood is one of connecting, unless we are out of something", "[http]") {
    namespace error = boost::asio::error;
    const auto phase = GENERATE(exchange_phase::connecting, exchange_phase::exchanging);
    CHECK(kind_of({}, phase) == error_kind::none);
    CHECK(kind_of(error::no_descriptors, phase) == error_kind::resources);
    CHECK(kind_of(error::no_memory, phase) == error_kind::resources);
    CHECK(kind_of(error_code(EADDRNOTAVAIL, boost::system::system_category()), phase) == error_kind::resources);
    const bool connecting = phase == exchange_phase::connecting;
    CHECK(kind_of(error::connection_refused, phase) == (connecting ? error_kind::connect : error_kind::reset));
    CHECK(kind_of(error::connection_reset, phase) == (connecting ? error_kind::connect : error_kind::reset));
    CHECK(kind_of(error::host_not_found, phase) == (connecting ? error_kind::connect : error_kind::reset));
    CHECK(kind_of(http::error::end_of_stream, exchange_phase::exchanging) == error_kind::reset);
}

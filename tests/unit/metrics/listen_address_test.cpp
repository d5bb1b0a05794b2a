// Where metrics may be served.
#include "contracts/error.hpp"
#include "metrics/listen_address.hpp"
#include "support/command.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

using namespace pipebench;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

TEST_CASE("an address to listen on has a host and a port", "[listen_address]") {
    CHECK(parse_listen_address("127.0.0.1:9464", false).url() == "http://127.0.0.1:9464");
    CHECK(parse_listen_address("localhost:80", false).url() == "http://127.0.0.1:80");
    CHECK(parse_listen_address("[::1]:9464", false).url() == "http://[::1]:9464");
    CHECK(parse_listen_address("127.0.0.1:0", false).port == 0);
    for (const char* none : {"", "127.0.0.1", "9464", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:65536", ":-1"})
        CHECK_THROWS_MATCHES(parse_listen_address(none, false), setup_error,
                             MessageMatches(ContainsSubstring("has no port")));
    for (const char* none : {":9464", "example.org:9464", "127.0.0:1", "[::1:9464"})
        CHECK_THROWS_MATCHES(parse_listen_address(none, false), setup_error,
                             MessageMatches(ContainsSubstring("has no IP address")));
}

TEST_CASE("other machines reach it only if that was allowed", "[listen_address]") {
    for (const char* wide : {"0.0.0.0:9464", "[::]:9464", "192.0.2.1:9464"}) {
        CHECK_THROWS_MATCHES(parse_listen_address(wide, false), setup_error,
                             MessageMatches(ContainsSubstring("--allow-remote")));
        CHECK(parse_listen_address(wide, true).port == 9464);
    }
}

TEST_CASE("a port that is taken is refused, and port 0 takes a free one", "[listen_address]") {
    auto where = parse_listen_address("127.0.0.1:0", false);
    const auto first = listen_at(where);
    CHECK(where.port != 0);
    CHECK_THROWS_MATCHES(
        listen_at(where), setup_error,
        MessageMatches(ContainsSubstring("cannot listen on 127.0.0.1 port " + std::to_string(where.port))));
}

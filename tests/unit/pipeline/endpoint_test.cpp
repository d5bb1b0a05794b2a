// Parsing of --target. It may contain a secret by mistake, so errors do not repeat it.
#include "pipeline/endpoint.hpp"

#include "contracts/error.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

using namespace pipebench;

TEST_CASE("an API is at a host, a port and a prefix", "[endpoint]") {
    const auto plain = parse_api_endpoint("http://api.example");
    CHECK(plain.host == "api.example");
    CHECK(plain.port == 80);
    CHECK(plain.prefix.empty());
    CHECK(plain.authority == "api.example");
    const auto full = parse_api_endpoint("http://127.0.0.1:8080/v1/shop");
    CHECK(full.host == "127.0.0.1");
    CHECK(full.port == 8080);
    CHECK(full.prefix == "/v1/shop");
    CHECK(full.authority == "127.0.0.1:8080");
    CHECK(full.url() == "http://127.0.0.1:8080/v1/shop");
}

TEST_CASE("the case of the scheme makes no difference", "[endpoint]") {
    CHECK(parse_api_endpoint("HTTP://h:81/a").url() == "http://h:81/a");
}

TEST_CASE("slashes at the end of the prefix make no difference", "[endpoint]") {
    CHECK(parse_api_endpoint("http://h/").prefix.empty());
    CHECK(parse_api_endpoint("http://h/a//").prefix == "/a");
}

TEST_CASE("an IPv6 address is connected to without its brackets, and named with them", "[endpoint]") {
    const auto e = parse_api_endpoint("http://[::1]:8080");
    CHECK(e.host == "::1");
    CHECK(e.authority == "[::1]:8080");
}

TEST_CASE("what is in a path stays encoded: it cannot end the request line", "[endpoint]") {
    CHECK(parse_api_endpoint("http://h/a%20b%0d%0aX:y").prefix == "/a%20b%0d%0aX:y");
}

TEST_CASE("what is not a plain http URL is refused, and not repeated", "[endpoint]") {
    const auto* url =
        GENERATE("", "sesame", "sesame:80", "https://sesame", "unix:///sesame", "http://", "http:///sesame",
                 "http://:80/sesame", "http://sesame:0", "http://sesame:65536", "http://sesame:x", "http://sesame:-1",
                 "http://me:sesame@h", "http://sesame@h", "http://me:80/sesame@h", "http://h/?key=sesame",
                 "http://h/#sesame", "http://h/sesame ", "http://h/\r\nsesame", "http://h/%zzsesame");
    CAPTURE(url);
    try {
        (void)parse_api_endpoint(url);
        FAIL("was taken");
    } catch (const setup_error& e) {
        CHECK(std::string_view(e.what()).find("sesame") == std::string_view::npos);
        CHECK(std::string_view(e.what()).find("--target") == 0);
    }
}

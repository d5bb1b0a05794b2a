// Where a view's documents come from: the address, and files that grow.
#include "watch/status_source.hpp"

#include "contracts/error.hpp"
#include "support/command.hpp"
#include "watch/status_document.hpp"

#include <boost/asio/co_spawn.hpp>
#include <catch2/catch_test_macros.hpp>

#include <fstream>

using namespace pipebench;
using namespace pipebench::test;

namespace {

source_answer asked(const status_source& source) {
    asio::io_context loop(1);
    source_answer out;
    asio::co_spawn(loop.get_executor(), source(), [&](std::exception_ptr, source_answer a) { out = std::move(a); });
    loop.run();
    return out;
}

void append(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::app) << text; }

}  // namespace

TEST_CASE("an address may be written with the path of any page", "[status_source]") {
    for (const auto* url : {"http://127.0.0.1:9464", "http://127.0.0.1:9464/", "http://127.0.0.1:9464/metrics",
                            "http://127.0.0.1:9464/status", "http://127.0.0.1:9464/healthz"}) {
        const auto address = parse_status_address(url);
        CHECK(address.host == "127.0.0.1");
        CHECK(address.port == 9464);
        CHECK(address.target == "/status");
        CHECK(address.authority == "127.0.0.1:9464");
    }
    CHECK(parse_status_address("http://a/b/metrics").target == "/b/status");
    CHECK(parse_status_address("http://a/b").target == "/b/status");
    CHECK(parse_status_address("http://[::1]:1").host == "::1");
    for (const auto* wrong :
         {"https://a", "http://", "http://a:0", "http://a:70000", "http://u:p@a", "http://a?b", "x"})
        CHECK_THROWS_AS(parse_status_address(wrong), setup_error);
}

TEST_CASE("each line of a file comes once, when it is complete", "[status_source]") {
    const private_directory place;
    const auto path = place / "s";
    append(path, "one\ntwo\nth");
    const auto source = documents_in(path);
    CHECK(asked(source).documents == std::vector<std::string>{"one", "two"});
    CHECK(asked(source).documents.empty());
    append(path, "ree\n\nfour\n");
    CHECK(asked(source).documents == std::vector<std::string>{"three", "four"});
    std::ofstream(path) << "new\n";
    CHECK(asked(source).documents == std::vector<std::string>{"new"});
    std::filesystem::remove(path);
    CHECK_FALSE(asked(source).trouble.empty());
}

TEST_CASE("of a long file the end is read, and a line that is too long is dropped", "[status_source]") {
    const private_directory place;
    const auto path = place / "s";
    append(path, std::string(longest_file_tail + 10, 'x') + "\nlast\n");
    const auto source = documents_in(path);
    CHECK(asked(source).documents == std::vector<std::string>{"last"});
    append(path, std::string(longest_status + 10, 'y'));
    CHECK_FALSE(asked(source).trouble.empty());
    append(path, "y\nnext\n");
    CHECK(asked(source).documents == std::vector<std::string>{"next"});
}

TEST_CASE("what cannot be read is refused", "[status_source]") {
    const private_directory place;
    CHECK_THROWS_AS(documents_in(place / "none"), setup_error);
    CHECK_THROWS_AS(documents_in(place.path().native()), setup_error);
}

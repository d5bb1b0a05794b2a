// The bytes of an answer to an order: HTTP first, then JSON. Both parsers run for every attempt of every order; here
// on the very bytes that the mock API sends. An order that is read into the memory of the one before takes none.
#include "micro/measure.hpp"
#include "micro/samples.hpp"
#include "pipeline/http_exchange.hpp"
#include "pipeline/order_parser.hpp"

#include <boost/asio/buffer.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace pipebench;
using namespace pipebench::bench;

namespace {

/// As the fetchers do it, but for the socket.
fetch_result read(const std::string& answer, std::string& spare) {
    response_parser parser(spare);
    parser.eager(true);
    boost::system::error_code ec;
    parser.put(boost::asio::buffer(answer), ec);
    if (ec || !parser.is_done()) return {error_kind::protocol, {}, {}};
    return read_response(parser, {});
}

}  // namespace

TEST_CASE("an answer over HTTP", "[response]") {
    const auto answers = sample_answers();
    std::string spare;
    measure({"response_parser: an answer"}, [&](std::size_t i) {
        auto result = read(pick(answers, i), spare);
        require_none(result.kind);
        spare = std::move(result.body);
        return spare.size();
    });
}

TEST_CASE("an order out of JSON, into the memory of the one before", "[response]") {
    const auto bodies = sample_bodies();
    order_scratch scratch;
    const auto used = measure({"parse_order: a body"}, [&](std::size_t i) {
        if (!parse_order(pick(bodies, i), scratch)) throw std::runtime_error("no order");
        return scratch.parsed.id;
    });
    REQUIRE(used.allocations == 0);
}

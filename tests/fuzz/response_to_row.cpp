// Property: any response becomes the row of an order within its bounds, or is refused, however it is split into
// pieces.
#include "fuzz.hpp"

#include "pipeline/http_exchange.hpp"
#include "pipeline/order_parser.hpp"
#include "pipeline/order_table.hpp"
#include "pipeline/transform.hpp"

#include <boost/asio/buffer.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>

using namespace pipebench;
using fuzz::require;

namespace {

/// Requires text that PostgreSQL accepts: UTF-8 without NUL, of bounded length.
void require_text(const std::string& text) {
    require(text.size() <= max_lines * max_text, "the texts of a row are bounded");
    require(text.find('\0') == text.npos, "the texts of a row have no NUL");
    try {
        (void)nlohmann::json(text).dump();
    } catch (const nlohmann::json::exception&) {
        require(false, "the texts of a row are UTF-8");
    }
}

bool within(std::int64_t value, std::int64_t lowest, std::int64_t highest) {
    return value >= lowest && value <= highest;
}

void require_bounds(const order& o) {
    require(o.id != 0 && !o.lines.empty() && o.lines.size() <= max_lines, "an order has an id, and lines");
    for (const auto* text : {&o.customer, &o.street, &o.postcode, &o.city, &o.country, &o.currency})
        require(!text->empty() && text->size() <= max_text, "the texts of an order are bounded");
    for (const auto& line : o.lines)
        require(within(line.quantity, 1, max_quantity) && within(line.unit_price_minor, 0, max_unit_price_minor) &&
                    within(line.weight_grams, 0, max_weight_grams) && line.sku.size() <= max_text,
                "the numbers of a line are bounded");
}

void take(std::string_view body) {
    const auto o = parse_order(body);
    if (!o) return;
    require_bounds(*o);
    const auto row = transform(*o);
    require(row == transform(*o) && checksum_of(row) == row.checksum, "the checksum is of the row");
    require(row.total_minor >= 0 && row.weight_grams >= 0 && row.item_count > 0, "sums do not overflow");
    for (const auto* text : {&row.customer, &row.region, &row.currency, &row.promised_on, &row.line_totals})
        require_text(*text);
    const row_parameters parameters(row);
    for (const char* value : parameters.values()) require(value != nullptr, "every parameter has a value");
}

// Boost before 1.86 asserts that it has 5 bytes when it continues with the header of the last chunk, but a slow
// server may send fewer (Beast's pull request 2861). Harmless in builds without assertions.
constexpr std::size_t least_piece = 5;

/// Reads as the fetchers do, `step` bytes at a time.
void receive(std::string_view bytes, std::size_t step) {
    std::string body_room;
    response_parser parser(body_room);
    parser.eager(true);
    boost::beast::flat_buffer buffer(max_response_header + 4096);
    boost::system::error_code ec;
    while (!ec && !parser.is_done() && !bytes.empty()) {
        const auto room = buffer.max_size() - buffer.size();
        const auto piece = bytes.substr(0, std::min(bytes.size() < step + least_piece ? bytes.size() : step, room));
        if (piece.empty()) return;
        buffer.commit(boost::asio::buffer_copy(buffer.prepare(piece.size()), boost::asio::buffer(piece)));
        bytes.remove_prefix(piece.size());
        buffer.consume(parser.put(buffer.data(), ec));
        if (ec == http::error::need_more) ec = {};
    }
    if (!ec && !parser.is_done() && parser.got_some()) parser.put_eof(ec);
    require(parser.body().size() <= max_response_body, "a body is bounded");
    if (ec) return (void)kind_of(ec, exchange_phase::exchanging);
    if (parser.is_done()) take(read_response(parser, {}).body);
}

/// Inputs that are too long for the corpus.
bool survived_size() {
    for (const auto* bracket : {"[", "{\"a\":", "{\"lines\":["}) take(fuzz::repeated(bracket, fuzz::very_deep));
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    receive(head + fuzz::repeated("X: y\r\n", fuzz::very_deep), 65536);
    receive(head + "\r\n" + std::string(2 * max_response_body, ' '), 65536);
    receive(head + "Transfer-Encoding: chunked\r\n\r\n" +
                fuzz::repeated("10\r\n                \r\n", fuzz::very_deep),
            65536);
    return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    [[maybe_unused]] static const bool once = survived_size();
    const auto bytes = fuzz::text_of(data, size);
    take(bytes);
    receive(bytes, 65536);
    receive(bytes, least_piece + size % 7);
    return 0;
}

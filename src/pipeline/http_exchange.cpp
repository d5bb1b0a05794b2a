#include "pipeline/http_exchange.hpp"

#include "pipeline/retry.hpp"

#include <boost/asio/error.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

#include <fmt/format.h>

#include <iterator>

namespace pipebench {
namespace {

error_kind kind_of_status(unsigned status) {
    if (status == 200) return error_kind::none;
    if (status == 429) return error_kind::throttled;
    return status >= 500 ? error_kind::server_error : error_kind::rejected;
}

bool is_json(boost::beast::string_view content_type) {
    const auto media_type = content_type.substr(0, content_type.find_first_of("; \t"));
    return boost::beast::iequals(media_type, "application/json");
}

}  // namespace

void set_limits(response_parser& parser) {
    parser.header_limit(max_response_header);
    parser.body_limit(max_response_body);
}

void render_request(std::string& out, const api_endpoint& api, order_id id, connection_use use) {
    out.clear();
    fmt::format_to(std::back_inserter(out),
                   "GET {}/orders/{} HTTP/1.1\r\nHost: {}\r\nAccept: application/json\r\n{}\r\n", api.prefix, id,
                   api.authority, use == connection_use::per_order ? "Connection: close\r\n" : "");
}

fetch_result read_response(response_parser& parser, std::chrono::sys_seconds now) {
    auto& response = parser.get();
    const auto kind = kind_of_status(response.result_int());
    if (kind != error_kind::none) {
        const auto asked = response[http::field::retry_after];
        return {kind, {}, parse_retry_after({asked.data(), asked.size()}, now).value_or(duration{})};
    }
    if (!is_json(response[http::field::content_type])) return {error_kind::protocol, {}, {}};
    return {error_kind::none, std::move(response.body()), {}};
}

error_kind kind_of(const boost::system::error_code& ec, exchange_phase phase) {
    using boost::system::errc::errc_t;
    if (!ec) return error_kind::none;
    if (ec == errc_t::too_many_files_open || ec == errc_t::too_many_files_open_in_system ||
        ec == errc_t::address_not_available || ec == errc_t::no_buffer_space || ec == errc_t::not_enough_memory)
        return error_kind::resources;
    if (phase == exchange_phase::connecting) return error_kind::connect;
    if (ec == http::error::body_limit || ec == http::error::header_limit || ec == http::error::buffer_overflow)
        return error_kind::too_large;
    if (ec == http::error::end_of_stream || ec == http::error::partial_message) return error_kind::reset;
    if (ec.category() == make_error_code(http::error::bad_version).category()) return error_kind::protocol;
    return error_kind::reset;
}

}  // namespace pipebench

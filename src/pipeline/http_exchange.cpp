#include "pipeline/http_exchange.hpp"

#include "pipeline/retry_rules.hpp"

#include <boost/asio/error.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

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

response_parser::response_parser(std::string& spare) : spare_(spare) {
    header_limit(max_response_header);
    body_limit(max_response_body);
}

/// The first of two equal fields counts.
void response_parser::on_field_impl(http::field name, view, view value, error_code&) {
    if (name == http::field::content_type && content_type_ == content::unknown)
        content_type_ = is_json(value) ? content::json : content::other;
    if (name == http::field::retry_after && retry_after_.empty()) retry_after_.assign(value.data(), value.size());
}

/// The parser has already checked the length against its limit.
void response_parser::on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) {
    body_ = std::exchange(spare_, {});
    body_.clear();
    if (length) body_.reserve(static_cast<std::size_t>(std::min(*length, max_response_body)));
}

void render_request(std::string& out, const api_endpoint& api, order_id id, connection_use use) {
    out.clear();
    fmt::format_to(std::back_inserter(out),
                   "GET {}/orders/{} HTTP/1.1\r\nHost: {}\r\nAccept: application/json\r\n{}\r\n", api.prefix, id,
                   api.authority, use == connection_use::per_order ? "Connection: close\r\n" : "");
}

void render_request(std::string& out, const api_endpoint& api, std::string_view path, connection_use use) {
    out = fmt::format("GET {}{} HTTP/1.1\r\nHost: {}\r\nAccept: application/json\r\n{}\r\n", api.prefix, path,
                      api.authority, use == connection_use::per_order ? "Connection: close\r\n" : "");
}

fetch_result read_response(response_parser& parser, std::chrono::sys_seconds now) {
    const auto kind = kind_of_status(parser.status());
    const auto status = static_cast<std::uint16_t>(parser.status());
    if (kind != error_kind::none)
        return {kind, {}, parse_retry_after(parser.retry_after(), now).value_or(duration{}), status};
    if (!parser.promises_json()) return {error_kind::protocol, {}, {}, status};
    return {error_kind::none, std::move(parser.body()), {}, status};
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

std::string reason_of(const response_parser& parser) {
    if (parser.status() == 200) return "answered 200 without the content type application/json";
    return fmt::format("answered {}", parser.status());
}

std::string reason_of(const boost::system::error_code& ec, error_kind kind, exchange_phase phase) {
    if (kind == error_kind::timeout)
        return phase == exchange_phase::connecting ? "no connection within the time limit of an attempt"
                                                   : "no whole answer within the time limit of an attempt";
    std::string words = ec.message();
    if (!words.empty() && words[0] >= 'A' && words[0] <= 'Z') words[0] = static_cast<char>(words[0] | 0x20);
    return phase == exchange_phase::connecting ? "cannot connect: " + words : words;
}

}  // namespace pipebench

#include "mock_api/request_reader.hpp"

#include <boost/beast/http/error.hpp>

#include <algorithm>

namespace pipebench {
namespace {

namespace http = boost::beast::http;

std::string_view standard(boost::beast::string_view text) { return {text.data(), text.size()}; }

unsigned status_of(const boost::beast::error_code& ec) {
    if (ec == http::error::header_limit) return 431;
    if (ec == http::error::body_limit) return 413;
    return 400;
}

}  // namespace

request_reader::request_reader(const api_settings& settings) : settings_(settings) {
    eager(true);
    header_limit(max_header_bytes);
    body_limit(max_body_bytes);
}

request_reader::progress request_reader::feed(std::string_view& bytes) {
    if (!got_some()) bytes.remove_prefix(std::min(bytes.find_first_not_of("\r\n"), bytes.size()));  // RFC 9112, 2.2
    if (bytes.empty()) return progress::incomplete;
    error_code ec;
    bytes.remove_prefix(put({bytes.data(), bytes.size()}, ec));
    if (ec && ec != http::error::need_more) return fail(ec);
    return is_done() ? progress::complete : progress::incomplete;
}

void request_reader::on_request_impl(http::verb, text method, text target, int version, error_code& ec) {
    version_ = version;
    reply_ = reply_to(settings_, standard(method), standard(target));
    count_header_bytes(method.size() + target.size(), ec);
}

void request_reader::on_field_impl(field name, text name_text, text value, error_code& ec) {
    if (name == field::host) ++hosts_;
    count_header_bytes(name_text.size() + value.size(), ec);
    // Chunked bodies are refused: no request here has one, and parsing them would be the largest source of errors.
    if (name == field::transfer_encoding) reject(411, ec);
}

void request_reader::on_header_impl(error_code& ec) {
    const bool current = version_ == 11;
    if (current ? hosts_ != 1 : hosts_ > 1) return reject(400, ec);
    if (!keep_alive()) reply_.connection = persistence::close;
    else reply_.connection = current ? persistence::keep_alive : persistence::announce_keep_alive;
}

/// Beast's own limit applies to each incomplete part, and accepts a header of many small fields.
void request_reader::count_header_bytes(std::size_t bytes, error_code& ec) {
    constexpr std::size_t separators = 4;  // ": " and CRLF; a request line has as many
    header_bytes_ += bytes + separators;
    if (header_bytes_ > max_header_bytes) ec = http::error::header_limit;
}

void request_reader::reject(unsigned status, error_code& ec) {
    rejection_ = status;
    ec = http::error::bad_field;
}

request_reader::progress request_reader::fail(const error_code& ec) {
    reply_ = api_reply{};
    reply_.status = rejection_ != 0 ? rejection_ : status_of(ec);
    return progress::failed;
}

}  // namespace pipebench

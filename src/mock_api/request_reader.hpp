// Parses the bytes of a connection into a request for the mock API: HTTP by RFC 9112, without a socket. It answers a
// header over max_header_bytes with 431, a body over max_body_bytes with 413 (a smaller one is read and ignored), and
// a body without Content-Length with 411.
#pragma once

#include "mock_api/behaviour.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <cstddef>
#include <string_view>

namespace pipebench {

inline constexpr std::size_t max_header_bytes = 8 * 1024;
inline constexpr std::size_t max_body_bytes = 64 * 1024;

/// Reads one request. Not reusable: one reader per request.
class request_reader final : boost::beast::http::basic_parser<true> {
public:
    explicit request_reader(const api_settings& settings);

    enum class progress { incomplete, complete, failed };
    /// Consumes bytes from the front of `bytes`, and leaves at most max_header_bytes. The next call must begin with
    /// the bytes that were left. After `complete` and `failed`, reply() is the answer.
    progress feed(std::string_view& bytes);
    [[nodiscard]] const api_reply& reply() const noexcept { return reply_; }

private:
    using error_code = boost::beast::error_code;
    using field = boost::beast::http::field;
    using text = boost::beast::string_view;
    using body_length = boost::optional<std::uint64_t>;

    void on_request_impl(boost::beast::http::verb, text method, text target, int version, error_code&) override;
    void on_field_impl(field name, text name_text, text value, error_code&) override;
    void on_header_impl(error_code&) override;
    void on_response_impl(int, text, int, error_code&) override {}
    void on_body_init_impl(const body_length&, error_code&) override {}
    std::size_t on_body_impl(text body, error_code&) override { return body.size(); }
    void on_chunk_header_impl(std::uint64_t, text, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, text body, error_code&) override { return body.size(); }
    void on_finish_impl(error_code&) override {}

    void count_header_bytes(std::size_t bytes, error_code& ec);
    void reject(unsigned status, error_code& ec);
    progress fail(const error_code& ec);

    const api_settings& settings_;
    api_reply reply_;
    int version_ = 0;  ///< 10 or 11
    std::size_t header_bytes_ = 0;
    unsigned hosts_ = 0;  ///< RFC 9112, 3.2: exactly one in HTTP/1.1
    unsigned rejection_ = 0;
};

}  // namespace pipebench

// The HTTP of one fetch, without the sockets: rendering the request and reading the response.
#pragma once

#include "pipebench/order.hpp"
#include "pipebench/outcome.hpp"
#include "pipebench/workload.hpp"
#include "pipeline/endpoint.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace pipebench {

namespace http = boost::beast::http;

inline constexpr std::uint32_t max_response_header = 16 * 1024;
inline constexpr std::uint64_t max_response_body = 1024 * 1024;
inline constexpr unsigned max_interim_responses = 20;  ///< before an answer

/// Of a connection that is used again: Beast reads as much at once as the buffer has room for, and 512 bytes if it has
/// none. With room for a usual response, one call of the kernel reads it.
inline constexpr std::size_t usual_response = 1024;

/// Keeps only the used parts of a response, without a table of the fields. It refuses a hostile Content-Length before
/// memory is reserved for it.
class response_parser final : public http::basic_parser<false> {
public:
    /// The body reuses the memory of `spare`, which is taken when the body begins.
    explicit response_parser(std::string& spare);

    [[nodiscard]] unsigned status() const noexcept { return status_; }
    /// Whether it is not the answer but announces one, such as 100 or 103: the client reads on (RFC 9110, 15.2). Not
    /// 101, which ends HTTP on the connection.
    [[nodiscard]] bool is_interim() const noexcept { return status_ >= 100 && status_ < 200 && status_ != 101; }
    [[nodiscard]] bool promises_json() const noexcept { return content_type_ == content::json; }
    [[nodiscard]] const std::string& retry_after() const noexcept { return retry_after_; }
    [[nodiscard]] std::string& body() noexcept { return body_; }

private:
    using error_code = boost::system::error_code;
    using view = boost::beast::string_view;

    void on_request_impl(http::verb, view, view, int, error_code&) override {}
    void on_response_impl(int code, view, int, error_code&) override { status_ = static_cast<unsigned>(code); }
    void on_field_impl(http::field name, view name_text, view value, error_code&) override;
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override;
    std::size_t on_body_impl(view part, error_code&) override {
        body_.append(part);
        return part.size();
    }
    void on_chunk_header_impl(std::uint64_t, view, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, view part, error_code& ec) override {
        return on_body_impl(part, ec);
    }
    void on_finish_impl(error_code&) override {}

    std::string& spare_;
    unsigned status_ = 0;
    enum class content : std::uint8_t { unknown, json, other } content_type_ = content::unknown;
    std::string retry_after_, body_;
};

/// Renders `GET {prefix}/orders/{id}`, replacing the contents of `out`.
void render_request(std::string& out, const api_endpoint& api, order_id id, connection_use use);

/// The same for any path below the prefix.
void render_request(std::string& out, const api_endpoint& api, std::string_view path, connection_use use);

/// The result of one exchange.
struct fetch_result {
    error_kind kind = error_kind::none;
    std::string body;
    duration retry_after{};    ///< the wait that the server asked for; 0: none
    std::uint16_t status = 0;  ///< of the answer; 0: there was none
};

/// Checks the status and the content type, and takes the body out of the parser. `now`: a Retry-After may be a date.
[[nodiscard]] fetch_result read_response(response_parser& parser, std::chrono::sys_seconds now);

[[nodiscard]] inline std::chrono::sys_seconds wall_clock_now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

/// The kind of a transport failure. `connecting`: before the connection was open.
enum class exchange_phase : std::uint8_t { connecting, exchanging };
[[nodiscard]] error_kind kind_of(const boost::system::error_code& ec, exchange_phase phase);

/// Why an exchange failed, for the report: "answered 404", "connection refused".
[[nodiscard]] std::string reason_of(const response_parser& parser);
[[nodiscard]] std::string reason_of(const boost::system::error_code& ec, error_kind kind, exchange_phase phase);

}  // namespace pipebench

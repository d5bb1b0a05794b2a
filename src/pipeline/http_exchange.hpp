// The HTTP of one fetch, without the sockets: what to send, what to make of what came back.
#pragma once

#include "pipebench/order.hpp"
#include "pipebench/outcome.hpp"
#include "pipebench/workload.hpp"
#include "pipeline/endpoint.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <string>

namespace pipebench {

namespace http = boost::beast::http;

inline constexpr std::uint32_t max_response_header = 16 * 1024;
inline constexpr std::uint64_t max_response_body = 1024 * 1024;

using response_parser = http::response_parser<http::string_body>;

/// A parser with our limits set: a hostile Content-Length is refused before memory is reserved for it.
void set_limits(response_parser& parser);

/// `GET {prefix}/orders/{id}`, replacing what `out` held.
void render_request(std::string& out, const api_endpoint& api, order_id id, connection_use use);

/// What one exchange gave.
struct fetch_result {
    error_kind kind = error_kind::none;
    std::string body;
    duration retry_after{};  ///< that the server asked for; 0: it did not
};

/// Checks the status and the content type, and takes the body out of the parser. `now`: a Retry-After may be a date.
[[nodiscard]] fetch_result read_response(response_parser& parser, std::chrono::sys_seconds now);

[[nodiscard]] inline std::chrono::sys_seconds wall_clock_now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

/// Which kind a failure of the transport is. `connecting`: before the connection stood.
enum class exchange_phase : std::uint8_t { connecting, exchanging };
[[nodiscard]] error_kind kind_of(const boost::system::error_code& ec, exchange_phase phase);

}  // namespace pipebench

// What the mock order API answers: everything between the bytes that come in and the bytes that go out,
// without a socket, a clock or a thread: a pure function of the settings and the request. server.hpp drives it.
//
//   GET /orders/{id}   the order, after the simulated latency; 404 for an id that no order has, 400 for none
//   GET /healthz       "ok"
//   GET /stats         the server's counters, as JSON
//
// HEAD does what GET does; other methods get 405. HTTP by RFC 9112, with these limits and answers: a header
// over max_header_bytes 431, a body over max_body_bytes 413 (smaller ones are read and ignored), a body
// without a Content-Length 411. There is no Date field: a reply is the same at every time.
#pragma once

#include "contracts/scenario.hpp"
#include "mock_api/order_book.hpp"
#include "pipebench/workload.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pipebench {

inline constexpr std::size_t max_header_bytes = 8 * 1024;
inline constexpr std::size_t max_body_bytes = 64 * 1024;

struct api_settings {
    std::uint64_t seed = 42;   ///< orders and latencies are pure functions of it
    latency http;              ///< of every order answered; a mean of 0 answers at once
    api_trouble trouble;       ///< of the scenario
    std::uint64_t orders = 0;  ///< of the run: the outage begins when its share of them has been answered
};

/// The counters of a server. Requests, responses and concurrent ones are those for orders alone, whatever
/// the answer; a request is concurrent from when it has been read until its answer begins to be sent.
struct api_stats {
    std::uint64_t threads = 0;  ///< that serve
    std::uint64_t requests = 0, responses = 0;
    std::uint64_t concurrent = 0, peak_concurrent = 0;
    std::uint64_t connections = 0;  ///< accepted so far, refused ones not among them
    std::uint64_t open_connections = 0, peak_connections = 0;
    std::uint64_t refusals = 0;   ///< connections answered with 503, and accepts that failed for want of resources
    std::uint64_t throttled = 0;  ///< requests answered with 429
    std::uint64_t faults = 0;     ///< requests that a fault was done to
    std::uint64_t early = 0;      ///< requests that came before the Retry-After that their order had been given
};
[[nodiscard]] std::string to_json(const api_stats& stats);

enum class api_resource : std::uint8_t { none, order, health, stats };
enum class reply_form : std::uint8_t { whole, head_only };
/// announce_keep_alive: to HTTP/1.0, which expects the opposite.
enum class persistence : std::uint8_t { keep_alive, announce_keep_alive, close };

/// A decision, small and without text. append() of reply_writer turns it into bytes.
struct api_reply {
    unsigned status = 400;
    api_resource resource = api_resource::none;  ///< what was asked for, whatever the status
    reply_form form = reply_form::whole;
    persistence connection = persistence::close;
    order_id id = 0;
    duration delay{};                    ///< from when the request has been read
    std::optional<fault_kind> fault;     ///< of the scenario
    duration pace{};                     ///< of a drip: between two bytes
    std::chrono::seconds retry_after{};  ///< 0: says nothing of it
    bool operator==(const api_reply&) const = default;
};

/// Which answer, and when. `method` and `target` as in the request line; the caller sets `connection`.
[[nodiscard]] api_reply reply_to(const api_settings& settings, std::string_view method, std::string_view target);

/// The simulated latency of an order: mean and spread as set, 0..max_duration, the same at every attempt.
[[nodiscard]] duration delay_of(const api_settings& settings, order_id id);

/// Reads one request out of a stream of bytes. Not reusable: one reader per request.
class request_reader final : boost::beast::http::basic_parser<true> {
public:
    explicit request_reader(const api_settings& settings);

    enum class progress { incomplete, complete, failed };
    /// Takes what it can off the front of `bytes`; what it leaves must be at the front of the next call's,
    /// with more behind it. Leaves at most max_header_bytes. After `complete` and `failed` reply() is the answer.
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

/// Turns decisions into bytes. Keeps its memory from one reply to the next: one per thread.
class reply_writer {
public:
    explicit reply_writer(const api_settings& settings) : settings_(settings) {}
    /// `stats` is looked at for api_resource::stats alone. Of a reply with filler only what comes before that.
    void append(std::string& out, const api_reply& reply, const api_stats& stats = {});
    enum class remainder { more, none };
    /// The next piece of a reply with filler, which has `so_far` bytes of it; they are counted here.
    remainder append_more(std::string& out, const api_reply& reply, std::uint64_t& so_far);

private:
    void append_from_fields(std::string& out, const api_reply& reply);
    void write_body(const api_reply& reply, const api_stats& stats);

    const api_settings& settings_;
    order order_;
    std::string body_;
};

}  // namespace pipebench

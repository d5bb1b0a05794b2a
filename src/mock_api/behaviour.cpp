#include "mock_api/behaviour.hpp"

#include "mock_api/faults.hpp"

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/status.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>

namespace pipebench {
namespace {

namespace http = boost::beast::http;

std::string_view standard(boost::beast::string_view text) { return {text.data(), text.size()}; }

/// The path of a request target: RFC 9112, 3.2.1 and 3.2.2 (a server must take the absolute form as well).
std::string_view path_of(std::string_view target) {
    constexpr std::string_view scheme = "http://";
    if (target.starts_with(scheme)) {
        target.remove_prefix(scheme.size());
        target.remove_prefix(std::min(target.find('/'), target.size()));
    }
    return target.substr(0, target.find('?'));
}

bool all_digits(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// 200 with the order, 404 for a number that no order has, 400 for what is no number as we write them.
void look_up(api_reply& reply, std::string_view digits) {
    const bool canonical = all_digits(digits) && (digits.front() != '0' || digits == "0");
    if (!canonical) {
        reply.status = 400;
        return;
    }
    const auto error = std::from_chars(digits.data(), digits.data() + digits.size(), reply.id).ec;
    const bool known = error == std::errc{} && reply.id >= 1 && reply.id <= max_order_id;
    if (!known) reply.id = 0;
    reply.status = known ? 200 : 404;
}

void route(api_reply& reply, std::string_view path) {
    constexpr std::string_view orders = "/orders/";
    reply.status = 200;
    if (path.starts_with(orders) && path.size() > orders.size()) {
        reply.resource = api_resource::order;
        look_up(reply, path.substr(orders.size()));
    } else if (path == "/healthz") {
        reply.resource = api_resource::health;
    } else if (path == "/stats") {
        reply.resource = api_resource::stats;
    } else {
        reply.status = path.starts_with('/') ? 404 : 400;
    }
}

/// Box and Muller's transform of two uniform draws.
double draw_normal(dice& d) {
    const double radius = std::sqrt(-2 * std::log(d.fraction()));
    return radius * std::cos(2 * std::numbers::pi * d.fraction());
}

double draw_delay(const latency& l, dice& d) {
    const auto mean = static_cast<double>(l.mean.count());
    switch (l.spread.kind) {
        case jitter::shape::uniform:
            return mean + (2 * d.fraction() - 1) * static_cast<double>(l.spread.half_width.count());
        case jitter::shape::lognormal: {
            // The mean of exp(sigma Z) is exp(sigma^2 / 2): taken out, so that the mean is kept.
            const double sigma = l.spread.sigma;
            return mean * std::exp(sigma * draw_normal(d) - sigma * sigma / 2);
        }
        case jitter::shape::none: break;
    }
    return mean;
}

std::string_view problem(unsigned status) {
    switch (status) {
        case 404: return R"({"error":"there is no such order or path"})";
        case 405: return R"({"error":"only GET and HEAD are allowed here"})";
        case 411: return R"({"error":"a body needs a Content-Length"})";
        case 413: return R"({"error":"the body is over 64 KiB"})";
        case 429: return R"({"error":"too many requests"})";
        case 431: return R"({"error":"the header is over 8 KiB"})";
        case 503: return R"({"error":"too many connections"})";
        default: return R"({"error":"not a request that this API takes"})";
    }
}

std::string_view fields_of(const api_reply& reply) {
    if (reply.status == 405) return "\r\nAllow: GET, HEAD\r\nContent-Type: application/json";
    if (reply.status == 200 && reply.resource == api_resource::health) return "\r\nContent-Type: text/plain";
    return "\r\nContent-Type: application/json";
}

std::string_view connection_field(persistence p) {
    switch (p) {
        case persistence::close: return "\r\nConnection: close";
        case persistence::announce_keep_alive: return "\r\nConnection: keep-alive";
        case persistence::keep_alive: break;
    }
    return "";
}

void append_status_line(std::string& out, unsigned status) {
    if (status == 200) {
        out += "HTTP/1.1 200 OK";
        return;
    }
    const auto known = http::int_to_status(status);  // a scenario may have any
    out += fmt::format("HTTP/1.1 {} {}", status,
                       known == http::status::unknown ? "" : standard(http::obsolete_reason(known)));
}

unsigned status_of(const boost::beast::error_code& ec) {
    if (ec == http::error::header_limit) return 431;
    if (ec == http::error::body_limit) return 413;
    return 400;
}

}  // namespace

std::string to_json(const api_stats& s) {
    return fmt::format(
        R"({{"threads":{},"requests":{},"responses":{},"concurrent":{},"peak_concurrent":{},"connections":{},)"
        R"("open_connections":{},"peak_connections":{},"refusals":{},"throttled":{},"faults":{},"early":{}}})",
        s.threads, s.requests, s.responses, s.concurrent, s.peak_concurrent, s.connections, s.open_connections,
        s.peak_connections, s.refusals, s.throttled, s.faults, s.early);
}

api_reply reply_to(const api_settings& settings, std::string_view method, std::string_view target) {
    api_reply reply;
    if (method == "HEAD") reply.form = reply_form::head_only;
    route(reply, path_of(target));
    if (reply.status == 200 && method != "GET" && method != "HEAD") reply.status = 405;
    if (reply.status == 200 && reply.resource == api_resource::order) reply.delay = delay_of(settings, reply.id);
    return reply;
}

duration delay_of(const api_settings& settings, order_id id) {
    if (settings.http.spread.kind == jitter::shape::none)
        return std::clamp(settings.http.mean, duration{}, max_duration);
    constexpr std::uint64_t delays = 0x64656c617973;  // other draws than those the order is made of
    dice d(settings.seed ^ delays, id);
    const double limit = static_cast<double>(max_duration.count());
    return duration{std::llround(std::clamp(draw_delay(settings.http, d), 0.0, limit))};
}

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
    // We read no chunked body: no request here has one, and it would be most of what can go wrong.
    if (name == field::transfer_encoding) reject(411, ec);
}

void request_reader::on_header_impl(error_code& ec) {
    const bool current = version_ == 11;
    if (current ? hosts_ != 1 : hosts_ > 1) return reject(400, ec);
    if (!keep_alive()) reply_.connection = persistence::close;
    else reply_.connection = current ? persistence::keep_alive : persistence::announce_keep_alive;
}

/// Beast's own limit is for each thing it waits for the end of, and lets a header of many small fields pass.
void request_reader::count_header_bytes(std::size_t bytes, error_code& ec) {
    constexpr std::size_t separators = 4;  // ": " and CRLF, or as many in a request line
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

void reply_writer::append(std::string& out, const api_reply& reply, const api_stats& stats) {
    write_body(reply, stats);
    append_status_line(out, reply.status);
    if (reply.fault != fault_kind::huge_header) append_from_fields(out, reply);
}

reply_writer::remainder reply_writer::append_more(std::string& out, const api_reply& reply, std::uint64_t& so_far) {
    append_filler(out, reply, so_far);
    so_far += filler_piece;
    if (so_far < filler_bytes(reply)) return remainder::more;
    if (reply.fault == fault_kind::huge_header) {
        write_body(reply, {});  // again: other replies have been written since
        append_from_fields(out, reply);
    }
    return remainder::none;
}

void reply_writer::append_from_fields(std::string& out, const api_reply& reply) {
    out += fields_of(reply);
    if (reply.retry_after.count() > 0)
        fmt::format_to(std::back_inserter(out), "\r\nRetry-After: {}", reply.retry_after.count());
    if (reply.fault == fault_kind::endless_body) {
        out += "\r\nTransfer-Encoding: chunked";
    } else {
        const std::uint64_t length = reply.fault == fault_kind::huge_body ? announced_body_bytes : body_.size();
        fmt::format_to(std::back_inserter(out), "\r\nContent-Length: {}", length);
    }
    out += connection_field(reply.connection);
    out += "\r\n\r\n";
    const bool half = reply.fault == fault_kind::reset || reply.fault == fault_kind::truncated;
    if (reply.form == reply_form::whole) out.append(body_, 0, half ? body_.size() / 2 : body_.size());
}

void reply_writer::write_body(const api_reply& reply, const api_stats& stats) {
    body_.clear();
    if (reply.fault) return write_faulty_body(body_, order_, reply, settings_.seed);
    if (reply.status != 200) {
        body_ = problem(reply.status);
        return;
    }
    switch (reply.resource) {
        case api_resource::order:
            make_order(order_, reply.id, settings_.seed);
            append_json(body_, order_);
            return;
        case api_resource::health: body_ = "ok"; return;
        case api_resource::stats: body_ = to_json(stats); return;
        case api_resource::none: return;
    }
}

}  // namespace pipebench

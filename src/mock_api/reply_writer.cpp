#include "mock_api/reply_writer.hpp"

#include "contracts/mock_api_card.hpp"
#include "mock_api/faults.hpp"
#include "mock_api/order_book.hpp"
#include "mock_api/order_json.hpp"

#include <boost/beast/http/status.hpp>
#include <fmt/format.h>

#include <iterator>
#include <string_view>

namespace pipebench {
namespace {

namespace http = boost::beast::http;

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
    const auto known = http::int_to_status(status);  // a scenario may use any number
    out += fmt::format("HTTP/1.1 {} {}", status,
                       known == http::status::unknown ? "" : std::string_view(http::obsolete_reason(known)));
}

}  // namespace

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
        write_body(reply, {});  // again, because other replies have been written meanwhile
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
        case api_resource::about:
            body_ = to_json(mock_api_card{PIPEBENCH_VERSION, settings_.seed, settings_.http, settings_.scenario});
            return;
        case api_resource::stats: body_ = to_json(stats); return;
        case api_resource::none: return;
    }
}

}  // namespace pipebench

#include "pipeline/blocking_fetcher.hpp"

#include <boost/beast/http/read.hpp>

namespace pipebench {

using boost::system::error_code;

blocking_fetcher::blocking_fetcher(api_endpoint api, boost::asio::ip::tcp::endpoint where, connection_use use)
    : api_(std::move(api)), where_(where), use_(use), buffer_(max_response_header + 4096) {}

fetch_result blocking_fetcher::fetch(order_id id, time_point deadline) {
    socket_.set_deadline(deadline);
    const bool reused = socket_.is_open();
    if (!reused) {
        error_code ec;
        socket_.connect(where_, ec);
        if (ec) return failed(ec, exchange_phase::connecting);
    }
    auto result = exchange(id);
    // A server may close an idle connection: that is not a failure of the order (RFC 9110, 9.2.2).
    if (reused && stale_) return fetch(id, deadline);
    return result;
}

fetch_result blocking_fetcher::exchange(order_id id) {
    error_code ec;
    stale_ = false;
    render_request(request_, api_, id, use_);
    socket_.write_all(request_, ec);
    response_parser parser(spare_);
    if (!ec) http::read(socket_, buffer_, parser, ec);
    if (ec) {
        stale_ = !parser.got_some() && kind_of(ec, exchange_phase::exchanging) == error_kind::reset;
        return failed(ec, exchange_phase::exchanging);
    }
    // Bytes after the answer belong to no request; the next request would read them as its answer.
    const bool surplus = buffer_.size() > 0;
    buffer_.clear();
    if (use_ == connection_use::per_order || !parser.keep_alive() || surplus) socket_.close();
    return read_response(parser, wall_clock_now());
}

fetch_result blocking_fetcher::failed(const error_code& ec, exchange_phase phase) {
    socket_.close();
    buffer_.clear();
    const bool late = ec == boost::system::errc::timed_out && std::chrono::steady_clock::now() >= socket_.deadline();
    return {late ? error_kind::timeout : kind_of(ec, phase), {}, {}};
}

}  // namespace pipebench

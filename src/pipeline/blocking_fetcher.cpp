#include "pipeline/blocking_fetcher.hpp"

#include <boost/beast/http/read.hpp>

namespace pipebench {

using boost::system::error_code;

blocking_fetcher::blocking_fetcher(api_endpoint api, boost::asio::ip::tcp::endpoint where, connection_use use,
                                   run_findings findings, patience waits)
    : api_(std::move(api)),
      where_(where),
      use_(use),
      findings_(findings),
      socket_(waits),
      buffer_(max_response_header + 4096) {
    buffer_.reserve(usual_response);
}

fetch_result blocking_fetcher::fetch(order_id id, time_point deadline) {
    render_request(request_, api_, id, use_);
    return attempt(deadline);
}

fetch_result blocking_fetcher::get(std::string_view path, time_point deadline) {
    render_request(request_, api_, path, use_);
    return attempt(deadline);
}

fetch_result blocking_fetcher::attempt(time_point deadline) {
    socket_.set_deadline(deadline);
    stale_ = false;
    reused_ = socket_.is_open();
    if (!reused_) {
        error_code ec;
        socket_.connect(where_, ec);
        if (ec) return failed(ec, exchange_phase::connecting);
    }
    auto result = exchange();
    // A server may close an idle connection: that is not a failure of the order (RFC 9110, 9.2.2).
    if (stale_) return attempt(deadline);
    return result;
}

fetch_result blocking_fetcher::exchange() {
    error_code ec;
    got_interim_ = false;
    socket_.write_all(request_, ec);
    std::optional<response_parser> parser(std::in_place, spare_);
    if (!ec) read_answer(parser, ec);
    if (ec) {
        stale_ = reused_ && !got_interim_ && !parser->got_some() &&
                 kind_of(ec, exchange_phase::exchanging) == error_kind::reset;
        return failed(ec, exchange_phase::exchanging);
    }
    // Bytes after the answer belong to no request; the next request would read them as its answer.
    const bool surplus = buffer_.size() > 0;
    buffer_.clear();
    if (use_ == connection_use::per_order || !parser->keep_alive() || surplus) socket_.close();
    auto result = read_response(*parser, wall_clock_now());
    findings_.explain(stage::fetch, result.kind, [&] { return reason_of(*parser); });
    return result;
}

void blocking_fetcher::read_answer(std::optional<response_parser>& parser, error_code& ec) {
    for (unsigned interim = 1;; ++interim) {
        http::read(socket_, buffer_, *parser, ec);
        if (ec || !parser->is_interim()) return;
        if (interim > max_interim_responses) {
            ec = http::error::bad_status;
            return;
        }
        got_interim_ = true;
        parser.emplace(spare_);
    }
}

fetch_result blocking_fetcher::failed(const error_code& ec, exchange_phase phase) {
    socket_.close();
    buffer_.clear();
    const bool late = ec == boost::system::errc::timed_out && std::chrono::steady_clock::now() >= socket_.deadline();
    const auto kind = late ? error_kind::timeout : kind_of(ec, phase);
    if (!stale_) findings_.explain(stage::fetch, kind, [&] { return reason_of(ec, kind, phase); });
    return {kind, {}, {}};
}

}  // namespace pipebench

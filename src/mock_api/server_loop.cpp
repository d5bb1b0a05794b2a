#include "mock_api/server_loop.hpp"

#include <algorithm>
#include <iterator>

namespace pipebench {
namespace {

using error_code = boost::system::error_code;

constexpr std::chrono::seconds longest_interval{1};

}  // namespace

server_loop::server_loop(const server_settings& settings, counters& count, trouble_state* trouble)
    : shared_{settings, count, trouble, context_.get_executor(), reply_writer(settings.api)} {
    close_overdue_later();
}

void server_loop::add(stream&& socket) {
    connection& added = shared_.connections.emplace_back(shared_, std::move(socket));
    added.self = std::prev(shared_.connections.end());
    added.receive();
}

void server_loop::stop() {
    stopping_ = true;
    guard_.reset();
    idle_timer_.cancel();
    for (connection& c : shared_.connections) c.close();
}

/// One timer for all idle timeouts: a timer for each connection would have to be set again at every request.
void server_loop::close_overdue_later() {
    const auto interval = std::min<duration>(longest_interval, shared_.settings.idle_timeout / 4 + duration{1});
    idle_timer_.expires_after(interval);
    idle_timer_.async_wait([this](const error_code&) {
        if (!stopping_) close_overdue();
    });
}

void server_loop::close_overdue() {
    const auto now = server_clock::now();
    for (connection& c : shared_.connections)
        if (c.overdue(now)) c.close();
    close_overdue_later();
}

}  // namespace pipebench

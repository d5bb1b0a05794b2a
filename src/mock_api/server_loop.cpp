#include "mock_api/server_loop.hpp"

#include <algorithm>
#include <iterator>

namespace pipebench {
namespace {

using error_code = boost::system::error_code;

constexpr std::chrono::seconds longest_sweep_interval{1};

}  // namespace

server_loop::server_loop(const server_settings& settings, counters& count, trouble_state* trouble)
    : home_{settings, count, trouble, context_.get_executor(), reply_writer(settings.api)} {
    sweep_later();
}

void server_loop::adopt(stream&& socket) {
    connection& added = home_.connections.emplace_back(home_, std::move(socket));
    added.self = std::prev(home_.connections.end());
    added.receive();
}

void server_loop::stop() {
    stopping_ = true;
    guard_.reset();
    sweeper_.cancel();
    for (connection& c : home_.connections) c.close();
}

/// One timer for all idle timeouts: one each would have to be moved with every request.
void server_loop::sweep_later() {
    const auto interval = std::min<duration>(longest_sweep_interval, home_.settings.idle_timeout / 4 + duration{1});
    sweeper_.expires_after(interval);
    sweeper_.async_wait([this](const error_code&) {
        if (!stopping_) sweep();
    });
}

void server_loop::sweep() {
    const auto now = server_clock::now();
    for (connection& c : home_.connections)
        if (c.overdue(now)) c.close();
    sweep_later();
}

}  // namespace pipebench

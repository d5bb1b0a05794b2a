// One serving thread of the mock API: its event loop and its connections.
#pragma once

#include "mock_api/connection.hpp"

#include <boost/asio/executor_work_guard.hpp>

namespace pipebench {

/// Only for that thread, except context().
class server_loop {
public:
    /// The arguments must outlive it; `trouble` may be null.
    server_loop(const server_settings& settings, counters& count, trouble_state* trouble);

    [[nodiscard]] asio::io_context& context() noexcept { return context_; }
    void add(stream&& socket);
    void stop();  ///< context().run() returns after the last connection has ended

private:
    void close_overdue();
    void close_overdue_later();

    asio::io_context context_{1};
    asio::executor_work_guard<executor> guard_{context_.get_executor()};
    timer idle_timer_{context_.get_executor()};
    connection_context shared_;
    bool stopping_ = false;
};

}  // namespace pipebench

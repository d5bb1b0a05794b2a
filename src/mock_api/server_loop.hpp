// One serving thread of the mock API: its event loop, and the connections that were dealt to it.
#pragma once

#include "mock_api/connection.hpp"

#include <boost/asio/executor_work_guard.hpp>

namespace pipebench {

/// All but context() is for that thread alone.
class server_loop {
public:
    /// All must outlive it; `trouble` may be null.
    server_loop(const server_settings& settings, counters& count, trouble_state* trouble);

    [[nodiscard]] asio::io_context& context() noexcept { return context_; }
    void adopt(stream&& socket);
    void stop();  ///< context().run() returns once the last connection is gone

private:
    void sweep_later();
    void sweep();

    asio::io_context context_{1};
    asio::executor_work_guard<executor> guard_{context_.get_executor()};
    timer sweeper_{context_.get_executor()};
    connection_home home_;
    bool stopping_ = false;
};

}  // namespace pipebench

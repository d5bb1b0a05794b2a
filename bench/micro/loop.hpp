// An event loop for operations that are coroutines. It lives as long as its benchmark, as in a run, where one turn's
// memory serves the next.
#pragma once

#include "pipebench/async.hpp"

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <utility>

namespace pipebench::bench {

class loop {
public:
    [[nodiscard]] executor get_executor() { return io_.get_executor(); }

    /// Until `work` has ended. What else waits on the loop goes on waiting. To set out and to come back costs about as
    /// much as a few turns: many operations belong into one call.
    void run(task<> work) {
        std::exception_ptr failure;
        asio::co_spawn(io_, std::move(work), [&](std::exception_ptr e) {
            failure = e;
            io_.stop();
        });
        io_.restart();
        io_.run();
        if (failure) std::rethrow_exception(failure);
    }

private:
    asio::io_context io_{1};
};

}  // namespace pipebench::bench

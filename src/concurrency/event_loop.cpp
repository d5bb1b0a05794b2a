#include "concurrency/event_loop.hpp"

#include <boost/asio/co_spawn.hpp>

#include <exception>

namespace pipebench {

void run_event_loop(const std::function<task<>()>& main) {
    asio::io_context loop(1);
    std::exception_ptr failure;
    asio::co_spawn(loop.get_executor(), main(), [&failure](std::exception_ptr e) { failure = e; });
    loop.run();
    if (failure) std::rethrow_exception(failure);
}

}  // namespace pipebench

#include "concurrency/event_loop.hpp"

#include "concurrency/loop_lag.hpp"
#include "concurrency/section_sampler.hpp"

#include <boost/asio/co_spawn.hpp>

#include <exception>

namespace pipebench {

void run_event_loop(const std::function<task<>()>& main) {
    asio::io_context loop(1);
    std::exception_ptr failure;
    lag_timer lag(loop.get_executor());
    asio::co_spawn(loop.get_executor(), main(), [&](std::exception_ptr e) {
        failure = e;
        lag.stop();
    });
    if (!sections_are_sampled()) loop.run();
    else  // the time between two handlers is scheduling
        while (loop.run_one() > 0) work_for(cpu_section::scheduling);
    if (failure) std::rethrow_exception(failure);
}

}  // namespace pipebench

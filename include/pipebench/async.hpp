// The Asio types that all event loops share. The executor type is concrete, not type-erased, so that a resume costs
// no virtual call and no allocation. Every loop is single-threaded: io_context(1).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>

namespace pipebench {

namespace asio = boost::asio;

using executor = asio::io_context::executor_type;

/// The coroutine type of the project. It is lazy: it starts when it is awaited or spawned.
template <class T = void>
using task = asio::awaitable<T, executor>;

inline constexpr asio::use_awaitable_t<executor> use_task{};

using timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, executor>;

}  // namespace pipebench

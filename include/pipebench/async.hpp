// The Asio types all our event loops share: one executor type, not the type-erased one, so that a resume
// costs no virtual call and no allocation. Every loop is single-threaded: io_context(1).
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

/// A coroutine of ours. Lazy: nothing runs before it is awaited or spawned.
template <class T = void>
using task = asio::awaitable<T, executor>;

inline constexpr asio::use_awaitable_t<executor> use_task{};

using timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, executor>;

}  // namespace pipebench

// Which stage of an order a thread works on. A sampling timer reads it to find where CPU time goes.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace pipebench {

/// `scheduling`: everything else: the event loop, queues, channels, Redis, recording.
enum class cpu_section : std::uint8_t { scheduling, fetch, transform, store };
inline constexpr std::size_t cpu_section_count = 4;
inline constexpr std::array<std::string_view, cpu_section_count> cpu_section_names{"scheduling", "fetch", "transform",
                                                                                   "store"};

namespace detail {
// Read by a signal handler of the same thread.
inline thread_local constinit volatile cpu_section current_section = cpu_section::scheduling;
}  // namespace detail

/// Marks the work of this thread as that section from now on. It costs one store. An event loop resets it to
/// scheduling after each handler (event_loop.cpp), so a coroutine must call it again after each wait.
inline void work_for(cpu_section s) noexcept { detail::current_section = s; }
[[nodiscard]] inline cpu_section section_at_work() noexcept { return detail::current_section; }

}  // namespace pipebench

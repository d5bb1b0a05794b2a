// CPU time as the kernel counts it, in seconds, and its other clocks.
#pragma once

#include <sys/resource.h>
#include <sys/time.h>

#include <chrono>
#include <ctime>

namespace pipebench {

[[nodiscard]] inline double as_seconds(const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

/// User and system time together.
[[nodiscard]] inline double cpu_seconds(const rusage& used) {
    return as_seconds(used.ru_utime) + as_seconds(used.ru_stime);
}

/// clock_gettime(2): CLOCK_THREAD_CPUTIME_ID, CLOCK_PROCESS_CPUTIME_ID, CLOCK_MONOTONIC.
[[nodiscard]] inline std::chrono::nanoseconds time_of(clockid_t clock) noexcept {
    timespec t{};
    ::clock_gettime(clock, &t);
    return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

}  // namespace pipebench

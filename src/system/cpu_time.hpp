// CPU time as the kernel counts it, in seconds.
#pragma once

#include <sys/resource.h>
#include <sys/time.h>

namespace pipebench {

[[nodiscard]] inline double as_seconds(const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

/// User and system time together.
[[nodiscard]] inline double cpu_seconds(const rusage& used) {
    return as_seconds(used.ru_utime) + as_seconds(used.ru_stime);
}

}  // namespace pipebench

// Samples which section (cpu_section.hpp) the threads of this process work for: sample_this_thread() creates a timer
// on the CPU clock of the thread, whose signal, SIGPROF, counts the section in shared memory. Waiting is not sampled.
#pragma once

#include "contracts/run_marks.hpp"

#include <chrono>

namespace pipebench {

/// The requested interval. Many kernels check such timers only at their ticks, and give one sample per 4 ms of CPU.
inline constexpr std::chrono::milliseconds section_sampling_interval{1};

/// Enables sample_this_thread() in this process and in its forks while it lives. `marks` must outlive it. One per
/// process: create and destroy it while the process has one thread.
class section_sampling {
public:
    explicit section_sampling(run_marks& marks) noexcept;
    section_sampling(const section_sampling&) = delete;
    section_sampling& operator=(const section_sampling&) = delete;
    ~section_sampling();
};
[[nodiscard]] bool sections_are_sampled() noexcept;

/// Samples this thread until it ends. No effect if it is sampled already, or if sampling is off. Throws setup_error.
void sample_this_thread();

}  // namespace pipebench

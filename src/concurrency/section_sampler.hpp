// Samples which section (cpu_section.hpp) the threads of this process work for: each thread that asks for it gets a
// timer on its own CPU clock, whose signal, SIGPROF, counts the section in shared memory. Waiting is not sampled.
#pragma once

#include "contracts/run_marks.hpp"

#include <chrono>

namespace pipebench {

/// What we ask for. Many kernels check such timers at their ticks only, and give one sample in 4 ms of CPU.
inline constexpr std::chrono::milliseconds section_sampling_interval{1};

/// While it lives, sample_this_thread() has an effect, in this process and in those that it forks. `marks` must
/// outlive it. One per process, made before there is a second thread, and destroyed when there is none any more.
class section_sampling {
public:
    explicit section_sampling(run_marks& marks) noexcept;
    section_sampling(const section_sampling&) = delete;
    section_sampling& operator=(const section_sampling&) = delete;
    ~section_sampling();
};
[[nodiscard]] bool sections_are_sampled() noexcept;

/// Until the thread ends. No effect when the thread has a timer already, or nothing is to be sampled. Throws
/// setup_error.
void sample_this_thread();

}  // namespace pipebench

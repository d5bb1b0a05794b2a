// Samples which section (cpu_section.hpp) the threads of this process are at work for: each thread that asks for it gets a
// timer on its own CPU clock, whose signal, SIGPROF, counts the section in shared memory. Who waits is not sampled.
#pragma once

#include "contracts/recorder.hpp"

namespace pipebench {

/// Asked for as often; the kernel looks at its ticks only, so on many it is one sample in 4 ms of CPU.
inline constexpr std::chrono::milliseconds section_sampling_interval{1};

/// As long as it lives sample_this_thread() has an effect, in this process and those that it forks. `record` must outlive
/// it. One, from before there is any other thread until there is none any more.
class section_sampling {
public:
    explicit section_sampling(recorder& record) noexcept;
    section_sampling(const section_sampling&) = delete;
    section_sampling& operator=(const section_sampling&) = delete;
    ~section_sampling();
};
[[nodiscard]] bool sections_are_sampled() noexcept;

/// Until the thread ends. Without an effect when there is a timer already, or nothing is to be sampled. Throws setup_error.
void sample_this_thread();

}  // namespace pipebench

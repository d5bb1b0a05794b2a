// Memory and CPU of a process and all its descendants, read from /proc.
#pragma once

#include "pipebench/result.hpp"
#include "system/descriptor.hpp"

#include <sys/types.h>

#include <chrono>
#include <map>
#include <vector>

namespace pipebench {

/// Which threads of a process may start others. Ours fork from the main thread; to look at every thread costs more.
enum class forks_from : std::uint8_t { main_thread, any_thread };

/// Samples one tree. RSS is cheap and read every time; PSS walks the page tables of every process, so it is read
/// when RSS has grown or a second has passed, and only within `pss_budget` of the time that went by: a sampler
/// must not become the load. One thread.
class process_tree_sampler {
public:
    using clock = std::chrono::steady_clock;
    static constexpr double pss_budget = 0.005;  ///< share of one core

    explicit process_tree_sampler(pid_t root, forks_from whom = forks_from::main_thread);

    /// The root has ended and was started again as another process: the peaks go on.
    void follow(pid_t root) noexcept { root_ = root; }
    void sample();
    /// How long to wait until the next sample: longer for larger trees.
    [[nodiscard]] std::chrono::milliseconds interval() const;

    [[nodiscard]] std::uint64_t rss_now() const noexcept { return rss_now_; }
    [[nodiscard]] memory_usage usage() const;

private:
    struct member {
        descriptor statm;
        std::uint64_t hwm = 0;
    };

    void refresh_members();
    void add_with_children(pid_t pid);
    void sample_rss();
    void sample_pss();
    [[nodiscard]] bool pss_is_due() const;

    pid_t root_;
    forks_from whom_;
    clock::time_point started_, last_sample_, last_refresh_, last_pss_;
    std::map<pid_t, member> members_;
    std::uint64_t rss_now_ = 0, rss_at_pss_ = 0, hwm_of_gone_ = 0;
    std::chrono::nanoseconds pss_cost_{0};
    memory_usage usage_;
};

/// User and system time that the tree has used, those it has waited for included. Resolution: 10 ms.
[[nodiscard]] double tree_cpu_seconds(pid_t root);

[[nodiscard]] std::size_t tree_size(pid_t root);

/// Those that live; zombies are not among them.
[[nodiscard]] std::vector<pid_t> children_of(pid_t pid);
[[nodiscard]] bool is_alive(pid_t pid);
/// Whether the process group has a member that is no zombie. Looks at every process there is.
[[nodiscard]] bool group_is_alive(pid_t group);

/// VmHWM of the calling process.
[[nodiscard]] std::uint64_t own_peak_rss();

}  // namespace pipebench

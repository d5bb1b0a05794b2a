// The memory of a process and all its descendants while they run.
#pragma once

#include "pipebench/result.hpp"
#include "system/descriptor.hpp"
#include "system/process_tree.hpp"

#include <chrono>
#include <map>

namespace pipebench {

/// Samples one tree. RSS is cheap and read every time. For PSS the kernel walks the page tables of every process, so
/// it is read only if RSS has grown or a second has passed, and only within `pss_budget` of the elapsed time. If the
/// PSS of one process cannot be read, or the tree has grown to more than twice its size since, that of the tree is not
/// known. One thread.
class process_tree_sampler {
public:
    using clock = std::chrono::steady_clock;
    static constexpr double pss_budget = 0.005;  ///< share of one core

    explicit process_tree_sampler(pid_t root, forks_from whom = forks_from::main_thread);

    /// The root has ended and was started again as another process. The peaks are kept.
    void follow(pid_t root) noexcept { root_ = root; }
    void sample();
    /// How long to wait until the next sample: longer for larger and for older trees.
    [[nodiscard]] std::chrono::milliseconds interval() const;

    [[nodiscard]] std::uint64_t rss_now() const noexcept { return rss_now_; }
    [[nodiscard]] known_bytes pss_now() const noexcept { return pss_now_; }  ///< as last read
    [[nodiscard]] std::size_t size_now() const noexcept { return members_.size(); }
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
    [[nodiscard]] bool walk_is_due() const;

    pid_t root_;
    forks_from whom_;
    clock::time_point started_, last_sample_, last_refresh_, last_pss_;
    std::map<pid_t, member> members_;
    std::uint64_t rss_now_ = 0, rss_at_pss_ = 0, largest_rss_at_pss_ = 0, hwm_of_gone_ = 0;
    std::chrono::nanoseconds pss_cost_{0}, walk_cost_{0};
    bool pss_is_readable_ = true;
    known_bytes pss_now_;
    memory_usage usage_;
};

}  // namespace pipebench

#include "system/process_tree_sampler.hpp"

#include "system/cpu_time.hpp"
#include "system/proc_text.hpp"

#include <fcntl.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string>
#include <string_view>

namespace pipebench {
namespace {

constexpr auto first_interval = std::chrono::milliseconds(5);
constexpr auto longest_interval = std::chrono::milliseconds(500);
constexpr auto refresh_interval = std::chrono::seconds(1);
constexpr std::chrono::nanoseconds pss_interval =
    std::chrono::seconds(1);               ///< at least: also a quarter of the run's age
constexpr double pss_allowance_s = 0.004;  ///< in addition to the budget, for short runs
// Where the kernel does not list children, a walk of the tree reads every process of the machine.
constexpr double walk_budget = 0.02;  ///< share of one core
constexpr double walk_allowance_s = 0.02;

/// CPU time of this thread: what sampling costs, without the time in which others had the core.
std::chrono::nanoseconds cpu_now() { return time_of(CLOCK_THREAD_CPUTIME_ID); }

double in_seconds(std::chrono::nanoseconds d) { return std::chrono::duration<double>(d).count(); }

bool kernel_tells_pss() {
    static const bool tells = ::access("/proc/self/smaps_rollup", R_OK) == 0;
    return tells;
}

/// In bytes; 0 if the process has ended. nullopt if the kernel does not tell it, or not us: that of another user's
/// process needs the right to trace it.
std::optional<std::uint64_t> pss_of(pid_t pid) {
    const descriptor in(::open(fmt::format("/proc/{}/smaps_rollup", pid).c_str(), O_RDONLY | O_CLOEXEC));
    const bool has_ended = !in.is_open() && (errno == ENOENT || errno == ESRCH) && kernel_tells_pss();
    if (!in.is_open() && !has_ended) return std::nullopt;
    std::string text;
    if (in.is_open()) read_into(text, in.get());
    return bytes_of(text, "Pss");
}

}  // namespace

process_tree_sampler::process_tree_sampler(pid_t root, forks_from whom)
    : root_(root), whom_(whom), started_(clock::now()), last_sample_(started_) {}

// Often at first, since a run may be short; later so seldom that it costs little even for a run that mostly waits.
// The kernel's high-water mark keeps a peak between two samples.
std::chrono::milliseconds process_tree_sampler::interval() const {
    const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - started_);
    const auto by_age = std::clamp<std::chrono::milliseconds>(age / 20, first_interval, longest_interval);
    return std::max<std::chrono::milliseconds>(by_age, std::chrono::milliseconds(2 * members_.size()));
}

void process_tree_sampler::sample() {
    const auto now = clock::now();
    const std::chrono::duration<double, std::milli> gap = now - last_sample_;
    usage_.largest_gap_ms = std::max(usage_.largest_gap_ms, gap.count());
    last_sample_ = now;
    // Between two walks of the tree only the root is checked for new children: workers have none, or soon.
    if (walk_is_due()) refresh_members();
    else if (kernel_lists_children()) for_each_child(root_, whom_, [this](pid_t child) { add_with_children(child); });
    sample_rss();
    if (pss_is_due()) sample_pss();
}

bool process_tree_sampler::walk_is_due() const {
    const auto now = clock::now();
    const bool may_have_new_ones = whom_ == forks_from::any_thread && now - started_ < refresh_interval;
    if (may_have_new_ones || now - last_refresh_ >= refresh_interval) return true;
    return !kernel_lists_children() &&
           in_seconds(walk_cost_) <= walk_budget * in_seconds(now - started_) + walk_allowance_s;
}

void process_tree_sampler::refresh_members() {
    const auto begin = cpu_now();
    last_refresh_ = clock::now();
    for_each_in_tree(root_, whom_, [this](pid_t pid) { add_with_children(pid); });
    walk_cost_ += cpu_now() - begin;
}

void process_tree_sampler::add_with_children(pid_t pid) {
    if (members_.contains(pid)) return;
    descriptor statm(::open(fmt::format("/proc/{}/statm", pid).c_str(), O_RDONLY | O_CLOEXEC));
    if (statm.is_open()) members_.emplace(pid, member{std::move(statm), 0});
}

void process_tree_sampler::sample_rss() {
    static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    rss_now_ = 0;
    for (auto m = members_.begin(); m != members_.end();) {
        std::array<char, 128> text{};
        const auto n = ::pread(m->second.statm.get(), text.data(), text.size(), 0);
        if (n <= 0) {  // it has ended
            hwm_of_gone_ += m->second.hwm;
            m = members_.erase(m);
            continue;
        }
        const auto rss = resident_pages({text.data(), static_cast<std::size_t>(n)}) * page;
        m->second.hwm = std::max(m->second.hwm, rss);
        rss_now_ += rss;
        ++m;
    }
    ++usage_.rss_samples;
    if (rss_now_ > 0) usage_.peak_rss_bytes = std::max(usage_.peak_rss_bytes.value_or(0), rss_now_);
    usage_.processes = std::max<std::uint64_t>(usage_.processes, members_.size());
}

bool process_tree_sampler::pss_is_due() const {
    const auto now = clock::now();
    const auto since = now - last_pss_;
    const auto interval = std::max<std::chrono::nanoseconds>(pss_interval, (now - started_) / 4);
    const auto grown = static_cast<double>(rss_now_) / static_cast<double>(std::max<std::uint64_t>(rss_at_pss_, 1));
    const bool due = since >= interval || grown > 1.2 || (grown > 1.02 && since >= interval / 10);
    return due && pss_is_readable_ &&
           in_seconds(pss_cost_) <= pss_budget * in_seconds(now - started_) + pss_allowance_s;
}

void process_tree_sampler::sample_pss() {
    const auto begin = cpu_now();
    last_pss_ = clock::now();
    rss_at_pss_ = rss_now_;
    std::uint64_t pss = 0;
    for (auto& [pid, m] : members_) {
        const auto bytes = pss_of(pid);
        pss_is_readable_ = pss_is_readable_ && bytes.has_value();
        pss += bytes.value_or(0);
        m.hwm = std::max(m.hwm, bytes_of(text_of_file(fmt::format("/proc/{}/status", pid)), "VmHWM"));
    }
    pss_cost_ += cpu_now() - begin;
    pss_now_.reset();
    if (pss == 0 || !pss_is_readable_) return;
    ++usage_.pss_samples;
    pss_now_ = pss;
    largest_rss_at_pss_ = std::max(largest_rss_at_pss_, rss_at_pss_);
    usage_.peak_pss_bytes = std::max(usage_.peak_pss_bytes.value_or(0), pss);
}

memory_usage process_tree_sampler::usage() const {
    auto out = usage_;
    auto hwm_sum = hwm_of_gone_;
    for (const auto& [pid, m] : members_) hwm_sum += m.hwm;
    if (hwm_sum > 0) out.hwm_sum_bytes = hwm_sum;
    if (!pss_is_readable_ || out.peak_rss_bytes.value_or(0) > 2 * largest_rss_at_pss_) out.peak_pss_bytes.reset();
    out.interval_ms = static_cast<double>(interval().count());
    return out;
}

}  // namespace pipebench

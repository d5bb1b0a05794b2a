#include "system/process_tree.hpp"

#include <fcntl.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace pipebench {
namespace {

constexpr auto first_interval = std::chrono::milliseconds(5);
constexpr auto longest_interval = std::chrono::milliseconds(500);
constexpr auto refresh_interval = std::chrono::seconds(1);
constexpr std::chrono::nanoseconds pss_interval = std::chrono::seconds(1);  ///< and a quarter of the run's age
constexpr double pss_allowance_s = 0.004;                                   ///< on top of the budget, for short runs

std::string read_file(const std::string& path) {
    const descriptor in(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string text;
    std::array<char, 4096> part{};
    for (ssize_t n = 0; in.is_open() && (n = ::read(in.get(), part.data(), part.size())) > 0;)
        text.append(part.data(), static_cast<std::size_t>(n));
    return text;
}

std::uint64_t next_number(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_of("0123456789"), text.size()));
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

/// The number behind `label` in kB, as bytes.
std::uint64_t kilobytes_at(std::string_view text, std::string_view label) {
    const auto at = text.find(label);
    if (at == std::string_view::npos) return 0;
    auto rest = text.substr(at + label.size());
    return next_number(rest) * 1024;
}

void for_each_child_of(const std::string& thread, const std::function<void(pid_t)>& f) {
    const auto text = read_file(thread + "/children");
    for (std::string_view rest = text; const auto child = next_number(rest);) f(static_cast<pid_t>(child));
}

void for_each_child(pid_t pid, forks_from whom, const std::function<void(pid_t)>& f) {
    if (whom == forks_from::main_thread) return for_each_child_of(fmt::format("/proc/{0}/task/{0}", pid), f);
    std::error_code gone;
    std::filesystem::directory_iterator thread(fmt::format("/proc/{}/task", pid), gone);
    for (; !gone && thread != std::filesystem::directory_iterator(); thread.increment(gone))
        for_each_child_of(thread->path().native(), f);
}

void for_each_in_tree(pid_t root, forks_from whom, const std::function<void(pid_t)>& f) {
    f(root);
    for_each_child(root, whom, [&](pid_t child) { for_each_in_tree(child, whom, f); });
}

}  // namespace

process_tree_sampler::process_tree_sampler(pid_t root, forks_from whom)
    : root_(root), whom_(whom), started_(clock::now()), last_sample_(started_) {}

// Often at first, since a run may be short; then seldom enough to cost next to nothing beside a run that mostly waits. What
// peaks between two samples is still in the kernel's own high-water mark.
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
    // Between two full looks at the tree only its root is asked for new children: a worker has none.
    if (now - last_refresh_ >= refresh_interval) refresh_members();
    else for_each_child(root_, whom_, [this](pid_t child) { add_with_children(child); });
    sample_rss();
    if (pss_is_due()) sample_pss();
}

void process_tree_sampler::refresh_members() {
    last_refresh_ = clock::now();
    for_each_in_tree(root_, whom_, [this](pid_t pid) { add_with_children(pid); });
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
        std::string_view rest(text.data(), static_cast<std::size_t>(n));
        next_number(rest);
        const auto rss = next_number(rest) * page;
        m->second.hwm = std::max(m->second.hwm, rss);
        rss_now_ += rss;
        ++m;
    }
    ++usage_.rss_samples;
    usage_.peak_rss_bytes = std::max(usage_.peak_rss_bytes, rss_now_);
    usage_.processes = std::max<std::uint64_t>(usage_.processes, members_.size());
}

bool process_tree_sampler::pss_is_due() const {
    const auto now = clock::now();
    const auto since = now - last_pss_;
    const auto interval = std::max<std::chrono::nanoseconds>(pss_interval, (now - started_) / 4);
    const auto grown = static_cast<double>(rss_now_) / static_cast<double>(std::max<std::uint64_t>(rss_at_pss_, 1));
    const bool due = since >= interval || grown > 1.2 || (grown > 1.02 && since >= interval / 10);
    const std::chrono::duration<double> elapsed = now - started_, spent = pss_cost_;
    return due && spent.count() <= pss_budget * elapsed.count() + pss_allowance_s;
}

void process_tree_sampler::sample_pss() {
    last_pss_ = clock::now();
    rss_at_pss_ = rss_now_;
    std::uint64_t pss = 0;
    for (auto& [pid, m] : members_) {
        pss += kilobytes_at(read_file(fmt::format("/proc/{}/smaps_rollup", pid)), "\nPss:");
        m.hwm = std::max(m.hwm, kilobytes_at(read_file(fmt::format("/proc/{}/status", pid)), "\nVmHWM:"));
    }
    ++usage_.pss_samples;
    usage_.peak_pss_bytes = std::max(usage_.peak_pss_bytes, pss);
    pss_cost_ += clock::now() - last_pss_;
}

memory_usage process_tree_sampler::usage() const {
    auto out = usage_;
    out.hwm_sum_bytes = hwm_of_gone_;
    for (const auto& [pid, m] : members_) out.hwm_sum_bytes += m.hwm;
    out.interval_ms = static_cast<double>(interval().count());
    return out;
}

double tree_cpu_seconds(pid_t root) {
    static const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    std::uint64_t used = 0;
    for_each_in_tree(root, forks_from::any_thread, [&used](pid_t pid) {
        const auto text = read_file(fmt::format("/proc/{}/stat", pid));
        // The name in parentheses may hold anything. Fields 14 to 17 are utime, stime, cutime, cstime: proc(5).
        std::string_view rest = text;
        rest.remove_prefix(std::min(text.rfind(')') + 1, text.size()));
        for (int field = 2; field < 14; ++field) rest.remove_prefix(std::min(rest.find(' ') + 1, rest.size()));
        for (int field = 14; field <= 17; ++field) used += next_number(rest);
    });
    return static_cast<double>(used) / ticks;
}

std::uint64_t own_peak_rss() { return kilobytes_at(read_file("/proc/self/status"), "\nVmHWM:"); }

bool is_alive(pid_t pid) {
    const auto text = read_file(fmt::format("/proc/{}/stat", pid));
    const auto state = text.rfind(')');
    return state != std::string::npos && state + 2 < text.size() && text[state + 2] != 'Z';
}

// Fields 3 to 5 are state, parent and group: proc(5).
bool group_is_alive(pid_t group) {
    std::error_code ec;
    for (std::filesystem::directory_iterator at("/proc", ec); !ec && at != std::filesystem::directory_iterator();
         at.increment(ec)) {
        const auto name = at->path().filename().native();
        if (name.find_first_not_of("0123456789") != name.npos) continue;
        const auto text = read_file(at->path() / "stat");
        std::string_view rest = text;
        rest.remove_prefix(std::min(text.rfind(')') + 1, text.size()));
        const bool zombie = rest.starts_with(" Z");
        next_number(rest);  // the parent
        if (next_number(rest) == static_cast<std::uint64_t>(group) && !zombie) return true;
    }
    return false;
}

std::vector<pid_t> children_of(pid_t pid) {
    std::vector<pid_t> out;
    for_each_child(pid, forks_from::main_thread, [&out](pid_t child) {
        if (is_alive(child)) out.push_back(child);
    });
    return out;
}

std::size_t tree_size(pid_t root) {
    std::size_t n = 0;
    for_each_in_tree(root, forks_from::any_thread, [&n](pid_t) { ++n; });
    return n;
}

}  // namespace pipebench

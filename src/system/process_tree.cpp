#include "system/process_tree.hpp"

#include "system/descriptor.hpp"
#include "system/proc_text.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace pipebench {
namespace {

std::optional<process_stat> stat_of(pid_t pid) {
    return parse_process_stat(text_of_file(fmt::format("/proc/{}/stat", pid)));
}

bool is_zombie(const process_stat& s) { return s.state == 'Z'; }

void for_each_child_of(const std::string& thread, const std::function<void(pid_t)>& f) {
    const auto text = text_of_file(thread + "/children");
    for (std::string_view rest = text; const auto child = take_number(rest);) f(static_cast<pid_t>(child));
}

/// Calls f(pid, stat) for every process of the machine.
template <class Visit>
void for_each_process(Visit f) {
    std::error_code ec;
    for (std::filesystem::directory_iterator at("/proc", ec); !ec && at != std::filesystem::directory_iterator();
         at.increment(ec)) {
        const auto name = at->path().filename().native();
        if (name.find_first_not_of("0123456789") != name.npos) continue;
        std::string_view digits = name;
        if (const auto stat = parse_process_stat(text_of_file(at->path() / "stat")))
            f(static_cast<pid_t>(take_number(digits)), *stat);
    }
}

void for_each_in_tree(const children_by_parent& all, pid_t root, const std::function<void(pid_t)>& f) {
    f(root);
    const auto [begin, end] = all.equal_range(root);
    for (auto child = begin; child != end; ++child) for_each_in_tree(all, child->second, f);
}

}  // namespace

bool kernel_lists_children() {
    static const bool lists = ::access("/proc/thread-self/children", R_OK) == 0;
    return lists;
}

children_by_parent all_children() {
    children_by_parent out;
    for_each_process([&](pid_t pid, const process_stat& stat) { out.emplace(stat.parent, pid); });
    return out;
}

void for_each_child(pid_t pid, forks_from whom, const std::function<void(pid_t)>& f) {
    if (!kernel_lists_children())
        return for_each_process([&](pid_t other, const process_stat& stat) {
            if (stat.parent == pid) f(other);
        });
    if (whom == forks_from::main_thread) return for_each_child_of(fmt::format("/proc/{0}/task/{0}", pid), f);
    std::error_code gone;
    std::filesystem::directory_iterator thread(fmt::format("/proc/{}/task", pid), gone);
    for (; !gone && thread != std::filesystem::directory_iterator(); thread.increment(gone))
        for_each_child_of(thread->path().native(), f);
}

void for_each_in_tree(pid_t root, forks_from whom, const std::function<void(pid_t)>& f) {
    if (!kernel_lists_children()) return for_each_in_tree(all_children(), root, f);
    f(root);
    for_each_child(root, whom, [&](pid_t child) { for_each_in_tree(child, whom, f); });
}

double tree_cpu_seconds(pid_t root) {
    static const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    if (!stat_of(root)) return std::numeric_limits<double>::quiet_NaN();
    std::uint64_t used = 0;
    for_each_in_tree(root, forks_from::any_thread, [&used](pid_t pid) {
        if (const auto stat = stat_of(pid)) used += stat->cpu_ticks;
    });
    return static_cast<double>(used) / ticks;
}

std::size_t tree_size(pid_t root) {
    std::size_t n = 0;
    for_each_in_tree(root, forks_from::any_thread, [&n](pid_t) { ++n; });
    return n;
}

std::vector<pid_t> children_of(pid_t pid) {
    std::vector<pid_t> out;
    for_each_child(pid, forks_from::any_thread, [&out](pid_t child) {
        if (is_alive(child)) out.push_back(child);
    });
    return out;
}

bool is_alive(pid_t pid) {
    const auto stat = stat_of(pid);
    return stat && !is_zombie(*stat);
}

bool group_is_alive(pid_t group) {
    bool alive = false;
    for_each_process(
        [&](pid_t, const process_stat& stat) { alive = alive || (stat.group == group && !is_zombie(stat)); });
    return alive;
}

std::uint64_t threads_of_user(uid_t user) {
    std::uint64_t threads = 0;
    for_each_process([&](pid_t pid, const process_stat& stat) {
        struct stat owner {};
        if (::stat(fmt::format("/proc/{}", pid).c_str(), &owner) == 0 && owner.st_uid == user)
            threads += stat.threads;
    });
    return threads;
}

std::uint64_t own_peak_rss() { return bytes_of(text_of_file("/proc/self/status"), "VmHWM"); }

}  // namespace pipebench

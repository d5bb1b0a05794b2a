#include "system/control_groups.hpp"

#include "system/descriptor.hpp"
#include "system/proc_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace pipebench {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view version_2;  // its hierarchy has no name
constexpr std::array used{"cpu", "memory", "pids"};

/// Removes the first word and the separator behind it.
std::string_view take_word(std::string_view& text, char separator) {
    const auto word = text.substr(0, text.find(separator));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    return word;
}

bool lists(std::string_view names, std::string_view name) {
    while (!names.empty())
        if (take_word(names, ',') == name) return true;
    return false;
}

/// A path in mountinfo has blanks and the like as \\040.
std::string unescaped(std::string_view path) {
    std::string out;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const auto digits = path.substr(i + 1, 3);
        const auto octal = [](char c) { return c >= '0' && c <= '7'; };
        if (path[i] != '\\' || digits.size() < 3 || !std::all_of(digits.begin(), digits.end(), octal)) {
            out += path[i];
            continue;
        }
        out += static_cast<char>((digits[0] - '0') * 64 + (digits[1] - '0') * 8 + (digits[2] - '0'));
        i += 3;
    }
    return out;
}

/// A line of mountinfo: proc_pid_mountinfo(5).
struct mount {
    std::string root, point, type, options;
};

mount parse_mount(std::string_view line) {
    mount out;
    for (int i = 0; i < 3; ++i) take_word(line, ' ');  // mount, parent, device
    out.root = unescaped(take_word(line, ' '));
    out.point = unescaped(take_word(line, ' '));
    while (!line.empty() && take_word(line, ' ') != "-") {
    }  // options, optional fields
    out.type = take_word(line, ' ');
    take_word(line, ' ');  // source
    out.options = take_word(line, ' ');
    return out;
}

/// The path of this process's group in a hierarchy, as /proc/PID/cgroup says; "/" if it does not.
std::string path_in(std::string_view own, std::string_view controller) {
    while (!own.empty()) {
        auto line = take_word(own, '\n');
        take_word(line, ':');
        const auto controllers = take_word(line, ':');
        if (controller == version_2 ? controllers.empty() : lists(controllers, controller)) return std::string(line);
    }
    return "/";
}

/// From the group up to the mount. A container may see its own group mounted as the root of all.
std::vector<fs::path> groups_below(const mount& m, const std::string& own) {
    const auto inside = fs::path(own).lexically_relative(m.root);
    const bool outside = inside.empty() || *inside.begin() == "..";
    std::vector<fs::path> out;
    if (!outside)
        for (auto at = inside; !at.empty() && at != "."; at = at.parent_path()) out.push_back(m.point / at);
    out.push_back(m.point);
    return out;
}

/// no_limit for "max", a negative number, or no such file.
std::uint64_t number_in(const fs::path& file) {
    const auto text = text_of_file(file);
    if (text.empty() || std::isdigit(static_cast<unsigned char>(text.front())) == 0) return no_limit;
    std::string_view rest = text;
    return take_number(rest);
}

/// Of a line "KEY VALUE"; 0 if there is none.
std::uint64_t counter_in(const fs::path& file, std::string_view key) {
    const auto text = text_of_file(file);
    for (std::string_view rest = text; !rest.empty();) {
        auto line = take_word(rest, '\n');
        if (take_word(line, ' ') == key) return take_number(line);
    }
    return 0;
}

double cores_in(const fs::path& group) {
    const auto both = text_of_file(group / "cpu.max");  // "20000 100000", "max 100000"
    std::string_view rest = both;
    std::uint64_t quota = number_in(group / "cpu.cfs_quota_us"), period = number_in(group / "cpu.cfs_period_us");
    if (!both.empty()) {
        quota = both.starts_with("max") ? no_limit : take_number(rest);
        period = take_number(rest);
    }
    if (quota == no_limit || period == no_limit || period == 0) return std::numeric_limits<double>::infinity();
    return static_cast<double>(quota) / static_cast<double>(period);
}

void take_memory(group_limits& out, const fs::path& group) {
    constexpr std::uint64_t no_limit_of_version_1 = std::uint64_t{1} << 62;  // the largest number of whole pages
    auto most = std::min(number_in(group / "memory.max"), number_in(group / "memory.limit_in_bytes"));
    if (most >= no_limit_of_version_1) return;
    const auto now = std::min(number_in(group / "memory.current"), number_in(group / "memory.usage_in_bytes"));
    const auto stat = group / "memory.stat";
    const auto files = std::max(counter_in(stat, "inactive_file"), counter_in(stat, "total_inactive_file"));
    out.memory_bytes = std::min(out.memory_bytes, most);
    out.memory_left_bytes = std::min(out.memory_left_bytes, left_of(most, left_of(now, files)));
}

void take_processes(group_limits& out, const fs::path& group) {
    const auto most = number_in(group / "pids.max");
    if (most == no_limit) return;
    out.processes = std::min(out.processes, most);
    out.processes_left = std::min(out.processes_left, left_of(most, number_in(group / "pids.current")));
}

}  // namespace

control_groups::control_groups()
    : control_groups(text_of_file("/proc/self/cgroup"), text_of_file("/proc/self/mountinfo")) {}

control_groups::control_groups(std::string_view own, std::string_view mounts) {
    while (!mounts.empty()) {
        const auto m = parse_mount(take_word(mounts, '\n'));
        if (m.type == "cgroup2") groups_.try_emplace("", groups_below(m, path_in(own, version_2)));
        if (m.type != "cgroup") continue;
        for (const char* controller : used)
            if (lists(m.options, controller))
                groups_.try_emplace(controller, groups_below(m, path_in(own, controller)));
    }
    // In version 2, every controller has the same groups.
    for (const char* controller : used)
        for (const auto& group : of("")) groups_[controller].push_back(group);
}

const control_groups::directories& control_groups::of(const std::string& controller) const {
    static const directories none;
    const auto at = groups_.find(controller);
    return at == groups_.end() ? none : at->second;
}

group_limits control_groups::limits() const {
    group_limits out;
    for (const auto& group : of("cpu")) out.cores = std::min(out.cores, cores_in(group));
    for (const auto& group : of("memory")) take_memory(out, group);
    for (const auto& group : of("pids")) take_processes(out, group);
    return out;
}

double control_groups::throttled_s() const {
    double out = 0;
    for (const auto& group : of("cpu")) {
        out += 1e-9 * static_cast<double>(counter_in(group / "cpu.stat", "throttled_time"));  // version 1
        out += 1e-6 * static_cast<double>(counter_in(group / "cpu.stat", "throttled_usec"));
    }
    return out;
}

}  // namespace pipebench

#include "system/box.hpp"

#include <sched.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace pipebench {
namespace {

std::string first_line(const char* path) {
    std::string line;
    std::getline(std::ifstream(path) >> std::ws, line);
    return line;
}

/// What stands behind `key` and a separator, without quotes, in the first line that begins with it.
std::string value_in(const char* path, const std::string& key, char separator) {
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) {
        if (!line.starts_with(key)) continue;
        auto value = line.substr(std::min(line.find(separator) + 1, line.size()));
        value.erase(0, std::min(value.find_first_not_of(" \t\""), value.size()));
        value.erase(value.find_last_not_of(" \t\"") + 1);
        return value;
    }
    return {};
}

std::uint64_t memory_line(const char* key) {
    return std::strtoull(value_in("/proc/meminfo", key, ':').c_str(), nullptr, 10) * 1024;
}

std::uint64_t usable_cores() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return static_cast<std::uint64_t>(CPU_COUNT(&set));
}

std::string virtualization() {
    const bool hypervisor =
        (" " + value_in("/proc/cpuinfo", "flags", ':') + " ").find(" hypervisor ") != std::string::npos;
    if (!hypervisor) return "none seen";
    const auto vendor = first_line("/sys/class/dmi/id/sys_vendor");
    return vendor.empty() ? "virtual machine" : "virtual machine (" + vendor + ")";
}

}  // namespace

box_info describe_box() {
    utsname name{};
    ::uname(&name);
    rlimit descriptors{};
    ::getrlimit(RLIMIT_NOFILE, &descriptors);
    box_info out;
    out.host_os = value_in("/etc/os-release", "PRETTY_NAME", '=');
    out.kernel = fmt::format("{} {}", name.sysname, name.release);
    out.cpu_model = value_in("/proc/cpuinfo", "model name", ':');
    out.governor = first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
    out.virtualization = virtualization();
    out.cores = usable_cores();
    out.memory_bytes = memory_line("MemTotal");
    out.descriptor_limit = descriptors.rlim_cur;
    std::ifstream("/proc/loadavg") >> out.load_1min;
    return out;
}

build_info describe_build() {
#if defined(__clang__)
    const auto compiler = fmt::format("clang {}.{}", __clang_major__, __clang_minor__);
#else
    const auto compiler = fmt::format("g++ {}.{}", __GNUC__, __GNUC_MINOR__);
#endif
    return {PIPEBENCH_VERSION, PIPEBENCH_BUILD_TYPE, compiler, PIPEBENCH_SANITIZERS};
}

box_time read_box_time() {
    std::istringstream fields(
        first_line("/proc/stat"));  // cpu user nice system idle iowait irq softirq steal: proc(5)
    std::string cpu;
    fields >> cpu;
    box_time out;
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    double value = 0;
    for (int field = 0; field < 8 && fields >> value; ++field) {
        out.total_s += value / ticks;
        if (field != 3 && field != 4 && field != 7) out.busy_s += value / ticks;
        if (field == 7) out.steal_s = value / ticks;
    }
    return out;
}

std::uint64_t raise_descriptor_limit(std::uint64_t wanted) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    if (wanted > limit.rlim_max && ::geteuid() == 0) {
        const rlimit raised{wanted, wanted};
        if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) return wanted;
    }
    ::setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

std::uint64_t ephemeral_ports() {
    std::uint64_t low = 32768, high = 60999;
    std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> low >> high;
    return high - low + 1;
}

std::uint64_t available_memory() { return memory_line("MemAvailable"); }

}  // namespace pipebench

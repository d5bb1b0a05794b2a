#include "system/box.hpp"

#include "system/descriptor.hpp"
#include "system/proc_text.hpp"
#include "system/process_tree.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <optional>
#include <string>

namespace pipebench {
namespace {

std::string first_line_of_file(const char* path) {
    const auto text = text_of_file(path);
    return text.substr(0, text.find('\n'));
}

std::uint64_t memory_line(const char* key) { return bytes_of(text_of_file("/proc/meminfo"), key); }

std::string virtualization() {
    const auto flags = " " + value_of(text_of_file("/proc/cpuinfo"), "flags", ':') + " ";
    if (flags.find(" hypervisor ") == std::string::npos) return "none seen";
    const auto vendor = first_line_of_file("/sys/class/dmi/id/sys_vendor");
    return vendor.empty() ? "virtual machine" : "virtual machine (" + vendor + ")";
}

std::uint64_t soft_limit(__rlimit_resource_t what) {
    rlimit limit{};
    if (::getrlimit(what, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return no_limit;
    return limit.rlim_cur;
}

/// nullopt if our control groups have none.
std::optional<container_limits> limits_of_container() {
    const auto found = control_groups().limits();
    const auto known = [](std::uint64_t n) { return n == no_limit ? std::nullopt : std::optional(n); };
    container_limits out{std::isfinite(found.cores) ? found.cores : std::numeric_limits<double>::quiet_NaN(),
                         known(found.memory_bytes), known(found.processes)};
    const bool any = std::isfinite(out.cores) || out.memory_bytes || out.processes;
    return any ? std::optional(out) : std::nullopt;
}

}  // namespace

std::uint64_t usable_cores() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return static_cast<std::uint64_t>(CPU_COUNT(&set));
}

box_info describe_box() {
    utsname name{};
    ::uname(&name);
    rlimit descriptors{};
    ::getrlimit(RLIMIT_NOFILE, &descriptors);
    box_info out;
    out.host_os = value_of(text_of_file("/etc/os-release"), "PRETTY_NAME", '=');
    out.kernel = fmt::format("{} {}", name.sysname, name.release);
    out.cpu_model = value_of(text_of_file("/proc/cpuinfo"), "model name", ':');
    out.governor = first_line_of_file("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
    out.virtualization = virtualization();
    out.cores = usable_cores();
    out.memory_bytes = memory_line("MemTotal");
    out.descriptor_limit = descriptors.rlim_cur;
    out.container = limits_of_container();
    if (!(std::ifstream("/proc/loadavg") >> out.load_1min)) out.load_1min = std::numeric_limits<double>::quiet_NaN();
    return out;
}

build_info describe_build() {
#if defined(__clang__)
    const auto compiler = fmt::format("clang {}.{}", __clang_major__, __clang_minor__);
#else
    const auto compiler = fmt::format("g++ {}.{}", __GNUC__, __GNUC_MINOR__);
#endif
    return {.version = PIPEBENCH_VERSION,
            .type = PIPEBENCH_BUILD_TYPE,
            .compiler = compiler,
            .sanitizers = PIPEBENCH_SANITIZERS};
}

box_time read_box_time() {
    const auto ticks = parse_cpu_line(text_of_file("/proc/stat"));
    const auto seconds = [per_second = static_cast<double>(::sysconf(_SC_CLK_TCK))](std::uint64_t n) {
        return static_cast<double>(n) / per_second;
    };
    return {.total_s = seconds(ticks.total),
            .busy_s = seconds(ticks.busy),
            .steal_s = seconds(ticks.steal),
            .throttled_s = control_groups().throttled_s()};
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

std::uint64_t available_memory() {
    const auto bytes = memory_line("MemAvailable");
    return std::min(bytes > 0 ? bytes : no_limit, control_groups().limits().memory_left_bytes);
}

std::uint64_t startable_threads() {
    const auto in_groups = control_groups().limits().processes_left;
    if (::getuid() == 0 || soft_limit(RLIMIT_NPROC) == no_limit) return in_groups;
    return std::min(in_groups, left_of(soft_limit(RLIMIT_NPROC), threads_of_user(::getuid())));
}

// Besides its stack, a thread of a small program gets an arena of malloc, up to eight for each core (mallopt(3)).
std::uint64_t threads_per_process() {
    constexpr std::uint64_t program = 256u << 20, arena = 64u << 20, arenas_per_core = 8;
    pthread_attr_t attributes;
    std::size_t stack = 8u << 20;
    if (::pthread_getattr_default_np(&attributes) == 0) {
        ::pthread_attr_getstacksize(&attributes, &stack);
        ::pthread_attr_destroy(&attributes);
    }
    const auto space = left_of(soft_limit(RLIMIT_AS), program);
    if (space == no_limit) return space;
    const auto arenas = arenas_per_core * usable_cores();
    const auto with_arena = space / (stack + arena);
    return with_arena <= arenas ? with_arena : arenas + (space - arenas * (stack + arena)) / stack;
}

}  // namespace pipebench

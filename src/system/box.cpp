#include "system/box.hpp"

#include "system/descriptor.hpp"
#include "system/proc_text.hpp"

#include <sched.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fmt/format.h>

#include <fstream>
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
    std::ifstream("/proc/loadavg") >> out.load_1min;
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
    return {.total_s = seconds(ticks.total), .busy_s = seconds(ticks.busy), .steal_s = seconds(ticks.steal)};
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

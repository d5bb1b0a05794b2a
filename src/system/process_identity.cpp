#include "system/process_identity.hpp"

#include "system/descriptor.hpp"
#include "system/proc_text.hpp"

#include <sys/types.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <filesystem>

namespace pipebench {
namespace {

std::string host_name() {
    std::array<char, 65> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

/// The kernel and the namespace in which a process number has a meaning; empty if it cannot be told.
std::string own_realm() {
    auto boot = text_of_file("/proc/sys/kernel/random/boot_id");
    std::erase_if(boot, [](unsigned char c) { return std::isspace(c) != 0; });
    std::error_code ec;
    const auto link = std::filesystem::read_symlink("/proc/self/ns/pid", ec).native();  // "pid:[4026531836]"
    if (boot.empty() || ec || link.size() < 7) return {};
    return fmt::format("boot {} pids {}", boot, link.substr(5, link.size() - 6));
}

/// 0 if it is not known.
std::uint64_t start_of(pid_t pid) {
    const auto stat = parse_process_stat(text_of_file(fmt::format("/proc/{}/stat", pid)));
    return stat ? stat->start_tick : 0;
}

/// The number behind a word; 0 if there is none.
std::uint64_t number_behind(std::string_view text, std::string_view word) {
    const auto at = text.find(word);
    std::uint64_t out = 0;
    if (at != text.npos) std::from_chars(text.data() + at + word.size(), text.data() + text.size(), out);
    return out;
}

}  // namespace

std::string own_identity() {
    return fmt::format("host {} {} pid {} start {}", host_name(), own_realm(), ::getpid(), start_of(::getpid()));
}

whereabouts find_process(std::string_view identity) {
    const auto realm = own_realm();
    const auto pid = static_cast<pid_t>(number_behind(identity, " pid "));
    const auto start = number_behind(identity, " start ");
    if (realm.empty() || identity.find(' ' + realm + ' ') == identity.npos || pid <= 0 || start == 0)
        return whereabouts::elsewhere;
    // /proc may hide the processes of others; kill() does not.
    if (::kill(pid, 0) != 0 && errno == ESRCH) return whereabouts::gone;
    const auto now = start_of(pid);
    return now == 0 || now == start ? whereabouts::here : whereabouts::gone;
}

}  // namespace pipebench

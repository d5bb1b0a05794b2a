#include "system/proc_text.hpp"

#include <algorithm>
#include <charconv>

namespace pipebench {
namespace {

std::string_view first_line(std::string_view text) { return text.substr(0, text.find('\n')); }

std::string_view without_first_line(std::string_view text) {
    return text.substr(std::min(text.find('\n'), text.size() - 1) + 1);
}

void skip_field(std::string_view& text) { text.remove_prefix(std::min(text.find(' ') + 1, text.size())); }

}  // namespace

std::uint64_t take_number(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_of("0123456789"), text.size()));
    std::uint64_t value = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value).ptr;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

std::string value_of(std::string_view text, std::string_view key, char separator) {
    constexpr auto blanks = " \t\"";
    for (; !text.empty(); text = without_first_line(text)) {
        auto line = first_line(text);
        if (!line.starts_with(key)) continue;
        line.remove_prefix(key.size());
        line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
        if (!line.starts_with(separator)) continue;  // a longer key that begins alike
        line.remove_prefix(1);
        line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
        return std::string(line.substr(0, line.find_last_not_of(blanks) + 1));
    }
    return {};
}

std::uint64_t bytes_of(std::string_view text, std::string_view key) {
    const auto value = value_of(text, key, ':');
    std::string_view rest = value;
    return take_number(rest) * 1024;
}

std::optional<process_stat> parse_process_stat(std::string_view text) {
    const auto name_end = text.rfind(')');  // the name is in parentheses, and may hold any character
    if (name_end == text.npos || name_end + 2 >= text.size()) return std::nullopt;
    text.remove_prefix(name_end + 2);
    process_stat out;
    out.state = text.front();
    out.parent = static_cast<pid_t>(take_number(text));                             // field 4
    out.group = static_cast<pid_t>(take_number(text));                              // field 5
    text.remove_prefix(std::min<std::size_t>(1, text.size()));                      // the blank behind it
    for (int field = 6; field < 14; ++field) skip_field(text);                      // some of these may be negative
    for (int field = 14; field <= 17; ++field) out.cpu_ticks += take_number(text);  // utime, stime, cutime, cstime
    text.remove_prefix(std::min<std::size_t>(1, text.size()));
    for (int field = 18; field < 20; ++field) skip_field(text);
    out.threads = take_number(text);     // field 20
    take_number(text);                   // field 21
    out.start_tick = take_number(text);  // field 22
    return out;
}

std::uint64_t resident_pages(std::string_view statm) {
    take_number(statm);  // the first is the size of the address space
    return take_number(statm);
}

cpu_ticks parse_cpu_line(std::string_view stat) {
    auto line = first_line(stat);
    const auto next = [&line] { return take_number(line); };
    cpu_ticks out;
    const auto user = next(), nice = next(), system = next(), idle = next(), iowait = next();
    const auto irq = next(), softirq = next();
    out.steal = next();
    out.busy = user + nice + system + irq + softirq;
    out.total = out.busy + idle + iowait + out.steal;
    return out;
}

}  // namespace pipebench

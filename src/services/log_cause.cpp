#include "services/log_cause.hpp"

#include "contracts/error.hpp"

#include <algorithm>
#include <array>

namespace pipebench {
namespace {

/// Of PostgreSQL, its tools and Redis, and of the loader. Redis writes some of its errors with a capital.
constexpr std::array<std::string_view, 6> marks{"FATAL:", "PANIC:", "error:", "ERROR:", "Fatal", "Failed"};

bool tells_of_error(std::string_view line) {
    return std::any_of(marks.begin(), marks.end(), [&](auto mark) { return line.find(mark) != line.npos; });
}

}  // namespace

std::string cause_in(std::string_view log) {
    std::string_view last, cause;
    while (!log.empty()) {
        const auto line = log.substr(0, log.find('\n'));
        log.remove_prefix(std::min(line.size() + 1, log.size()));
        if (line.find_first_not_of(" \t\r") == line.npos) continue;
        last = line;
        if (tells_of_error(line)) cause = line;
    }
    return one_line(cause.empty() ? last : cause);
}

}  // namespace pipebench

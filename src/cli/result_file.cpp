#include "cli/result_file.hpp"

#include "contracts/error.hpp"
#include "system/descriptor.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace pipebench {
namespace {

setup_error unreadable(int error_number) { return system_failure("cannot read it", error_number); }

/// "-" is the standard input, as for the exports.
descriptor open_to_read(const std::string& path) {
    return descriptor(path == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                  : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

/// Reads the whole file, or just over max_result_bytes of a larger one.
std::string read_up_to_limit(const std::string& path) {
    const auto file = open_to_read(path);
    if (!file.is_open()) throw unreadable(errno);
    std::string text;
    if (read_into(text, file.get(), max_result_bytes) == read_stop::by_error) throw unreadable(errno);
    return text;
}

}  // namespace

session_result read_result_file(const std::string& path) try {
    const auto text = read_up_to_limit(path);
    if (text.empty()) throw setup_error("it is empty");
    if (text.size() > max_result_bytes) throw setup_error(fmt::format("larger than {} MiB", max_result_bytes >> 20));
    return parse_result(text);
} catch (const setup_error& e) {
    throw setup_error(fmt::format("{}: {}", path == "-" ? "stdin" : printable(path), e.what()));
}

}  // namespace pipebench

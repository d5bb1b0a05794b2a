#include "cli/result_file.hpp"

#include "contracts/error.hpp"
#include "system/descriptor.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace pipebench {
namespace {

setup_error unreadable(int error_number) { return system_failure("cannot read it", error_number); }

/// Up to one byte more than may be there.
std::string read_up_to_limit(const std::string& path) {
    const descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open()) throw unreadable(errno);
    std::string text;
    std::array<char, 64 * 1024> part{};
    while (text.size() <= max_result_bytes) {
        const auto n = ::read(file.get(), part.data(), part.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) throw unreadable(errno);
        if (n == 0) break;
        text.append(part.data(), static_cast<std::size_t>(n));
    }
    return text;
}

}  // namespace

session_result read_result_file(const std::string& path) try {
    const auto text = read_up_to_limit(path);
    if (text.empty()) throw setup_error("it is empty");
    if (text.size() > max_result_bytes) throw setup_error(fmt::format("larger than {} MiB", max_result_bytes >> 20));
    return parse_result(text);
} catch (const setup_error& e) {
    throw setup_error(fmt::format("{}: {}", printable(path), e.what()));
}

}  // namespace pipebench

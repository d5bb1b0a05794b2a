#include "pipebench/error.hpp"

#include <fmt/format.h>

#include <cstring>

namespace pipebench {

setup_error system_failure(const std::string& prefix, int error_number) {
    return setup_error(fmt::format("{}: {}", prefix, std::strerror(error_number)));
}

std::string printable(std::string_view foreign, std::size_t limit) {
    std::string out;
    for (const char c : foreign.substr(0, limit)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) out += fmt::format("\\x{:02x}", byte);
        else out += c;
    }
    if (foreign.size() > limit) out += "...";
    return out;
}

}  // namespace pipebench

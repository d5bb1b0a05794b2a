#include "contracts/error.hpp"

#include <csignal>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace pipebench {
namespace {

constexpr const char* replacement = "\xEF\xBF\xBD";  // U+FFFD

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0u) == 0x80u; }

/// Replaces bytes as the JSON library does, so that saving does not change the text.
std::string valid_utf8(std::string_view text) {
    using json = nlohmann::json;
    return json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace)).get<std::string>();
}

/// The length of a control character beyond ASCII (C1, line separator, change of direction) at the start; 0 if there
/// is none.
std::size_t hidden_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
    if (byte(0) == 0xC2 && byte(1) >= 0x80 && byte(1) <= 0x9F) return 2;
    if (byte(0) == 0xE2 && byte(1) == 0x80 && byte(2) >= 0xA8 && byte(2) <= 0xAE) return 3;
    if (byte(0) == 0xE2 && byte(1) == 0x81 && byte(2) >= 0xA6 && byte(2) <= 0xA9) return 3;
    return 0;
}

}  // namespace

setup_error system_failure(const std::string& prefix, int error_number) {
    return setup_error(fmt::format("{}: {}", prefix, std::strerror(error_number)));
}

setup_error start_failure(const std::string& what, int error_number) {
    const bool is_limit = error_number == EAGAIN || error_number == ENOMEM;
    const char* advice =
        "lower -c, or raise 'ulimit -u', 'ulimit -v' or the container's limit of processes (pids.max)";
    return setup_error(fmt::format("cannot start {}: {}{}", what, std::strerror(error_number),
                                   is_limit ? fmt::format(" ({})", advice) : ""));
}

std::string printable(std::string_view foreign, std::size_t limit) {
    const std::string text = valid_utf8(foreign);
    std::size_t cut = std::min(limit, text.size());
    while (cut < text.size() && cut > 0 && is_continuation(text[cut])) --cut;
    std::string out;
    for (std::size_t at = 0; at < cut;) {
        const auto byte = static_cast<unsigned char>(text[at]);
        const std::size_t hidden = hidden_length(std::string_view(text).substr(at));
        if (hidden > 0) out += replacement;
        else if (byte < 0x20 || byte == 0x7f) out += fmt::format("\\x{:02x}", byte);
        else out += text[at];
        at += std::max<std::size_t>(1, hidden);
    }
    return cut < text.size() ? out + "..." : out;
}

std::string one_line(std::string_view message, std::size_t limit) {
    constexpr std::string_view blanks = " \t\r", code = "[json.exception.", quoted_statement = "LINE ";
    if (message.starts_with(code)) {
        const auto end = message.find("] ");
        message.remove_prefix(end == message.npos ? message.size() : end + 2);
    }
    std::string out;
    while (!message.empty()) {
        auto line = message.substr(0, message.find('\n'));
        message.remove_prefix(std::min(line.size() + 1, message.size()));
        if (line.starts_with(quoted_statement)) break;
        std::string words;
        while (!line.empty()) {
            const auto word = line.substr(0, line.find_first_of(blanks));
            line.remove_prefix(std::min(word.size() + 1, line.size()));
            if (!word.empty()) words.append(words.empty() ? "" : " ").append(word);
        }
        if (!words.empty()) out.append(out.empty() ? "" : "; ").append(words);
    }
    return printable(out, limit);
}

exit_code code_of_signal(int signal) noexcept {
    return signal == SIGINT ? exit_code::interrupted : exit_code::terminated;
}

}  // namespace pipebench

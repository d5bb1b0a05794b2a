#include "cli/shell.hpp"

#include "contracts/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <utility>
#include <vector>

namespace pipebench {
namespace {

constexpr std::array<std::string_view, 3> secret_options{"--postgres", "--redis", "--target"};
constexpr std::string_view hidden = "***";
constexpr std::size_t longest_command = 64 * 1024;  // bytes; further words are left out

bool is_plain(unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("_./-:=,@%+*").find(static_cast<char>(c)) != std::string_view::npos;
}

bool ends_with_redis(std::string_view text) {
    constexpr std::string_view scheme = "redis";
    const auto end = text.substr(text.size() - std::min(text.size(), scheme.size()));
    const auto same = [](unsigned char a, unsigned char b) { return std::tolower(a) == b; };
    return std::equal(end.begin(), end.end(), scheme.begin(), scheme.end(), same);
}

/// "redis://me:***@host" of "redis://me:sekrit@host", for each URL in the text; "redis://***@host" of
/// "redis://sekrit@host": for Redis, a single word is the password.
std::string without_url_passwords(std::string text) {
    for (auto at = text.find("://"); at != std::string::npos; at = text.find("://", at)) {
        const bool of_redis = ends_with_redis(std::string_view(text).substr(0, at));
        at += 3;
        const auto end = std::min(text.find_first_of(" \t\n'\"", at), text.size());  // a password may hold a '/'
        const auto host = text.rfind('@', end);
        if (host == std::string::npos || host < at || host >= end) continue;
        const auto colon = text.find(':', at);
        if (colon < host) text.replace(colon + 1, host - colon - 1, hidden);
        else if (of_redis) text.replace(at, host - at, hidden);
    }
    return text;
}

/// "password=***" of "password=sekrit", also after a prefix: PGPASSWORD=, sslpassword=.
std::string without_password_values(std::string text) {
    constexpr std::string_view key = "password=";
    const auto same = [](unsigned char a, unsigned char b) { return std::tolower(a) == b; };
    for (std::size_t at = 0;;) {
        const auto begin = text.begin() + static_cast<std::ptrdiff_t>(at);
        const auto found = std::search(begin, text.end(), key.begin(), key.end(), same);
        if (found == text.end()) return text;
        at = static_cast<std::size_t>(found - text.begin()) + key.size();
        const bool quoted = at < text.size() && (text[at] == '\'' || text[at] == '"');
        const auto end = quoted ? text.find(text[at], at + 1) : text.find_first_of(" \t\n&;'\"", at);
        text.replace(at, std::min(end, text.size()) - at + (quoted && end != std::string::npos ? 1 : 0), hidden);
    }
}

}  // namespace

std::string shell_quoted(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'') out += "'\\''";
        else out += c;
    }
    return out + "'";
}

std::string shell_word(std::string_view text) {
    if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
    return shell_quoted(text);
}

std::string printable_command(std::span<const std::string> arguments) {
    std::string out = "pipebench";
    bool is_secret = false;
    for (std::string word : arguments) {
        const bool was_secret = std::exchange(is_secret, false);
        for (const auto option : secret_options) {
            if (word == option) is_secret = true;
            if (word.starts_with(fmt::format("{}=", option))) word = fmt::format("{}={}", option, hidden);
        }
        if (was_secret) word = hidden;
        out += ' ' + printable(shell_word(without_password_values(without_url_passwords(std::move(word)))));
    }
    return out;
}

std::string printable_command() {
    std::ifstream in("/proc/self/cmdline", std::ios::binary);
    std::string raw(longest_command, '\0');
    in.read(raw.data(), static_cast<std::streamsize>(raw.size()));
    raw.resize(static_cast<std::size_t>(in.gcount()));
    std::vector<std::string> words;
    for (std::size_t at = 0, end = raw.find('\0'); end != std::string::npos; at = end + 1, end = raw.find('\0', at))
        words.push_back(raw.substr(at, end - at));
    return printable_command(std::span(words).subspan(std::min<std::size_t>(1, words.size())));
}

}  // namespace pipebench

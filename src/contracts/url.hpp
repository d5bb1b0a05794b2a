// The address of a server, as a user gives it to an option.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pipebench {

/// What an option takes.
struct url_form {
    std::string_view option;                    ///< "--target"
    std::string_view expected;                  ///< "http://host[:port][/prefix]"
    std::span<const std::string_view> schemes;  ///< "http://"
};

/// Decoded, but for those whose name says otherwise. No query and no fragment.
struct url_parts {
    std::string scheme;
    std::string host;  ///< a name or an address, without brackets
    std::optional<std::uint16_t> port;
    std::string user, password;  ///< secret: never print
    std::string path, encoded_path;
    std::string encoded_authority;  ///< host and port, for a Host header
    bool has_authority = false;     ///< something stands between "//" and the path
};

/// Throws what a URL is refused with: the option, why, and what is expected. `why` must repeat no part of the URL,
/// which may hold a secret.
[[noreturn]] void refuse_url(const url_form& form, std::string_view why);

/// Throws as refuse_url does for another scheme, what is no URL, a query, a fragment, and a port that is not in
/// 1..65535.
[[nodiscard]] url_parts parse_url(std::string_view url, const url_form& form);

}  // namespace pipebench

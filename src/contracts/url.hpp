// The address of a server, as a user gives it to an option.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pipebench {

/// The URLs that an option accepts.
struct url_form {
    std::string_view option;                    ///< "--target"
    std::string_view expected;                  ///< "http://host[:port][/prefix]"
    std::span<const std::string_view> schemes;  ///< "http://"
};

/// The parts are decoded, except those named encoded_*. There is no query and no fragment.
struct url_parts {
    std::string scheme;  ///< in lower case
    std::string host;    ///< a name or an address, without brackets
    std::optional<std::uint16_t> port;
    std::string user, password;  ///< secret: never print
    std::string path, encoded_path;
    std::string encoded_authority;  ///< host and port, for a Host header
    bool has_password = false;      ///< the user is followed by ":"
    bool has_authority = false;     ///< the part between "//" and the path is not empty
};

/// Encodes a path for any part of a URL (RFC 3986, 2.1). A slash needs no encoding there.
[[nodiscard]] std::string percent_encoded(std::string_view path);

/// Throws setup_error with the option, the reason and the expected form. `why` must repeat no part of the URL, which
/// may hold a secret.
[[noreturn]] void refuse_url(const url_form& form, std::string_view why);

/// Throws as refuse_url() does if the text is not a URL of these schemes, has a query or a fragment, or has a port
/// outside 1..65535.
[[nodiscard]] url_parts parse_url(std::string_view url, const url_form& form);

}  // namespace pipebench

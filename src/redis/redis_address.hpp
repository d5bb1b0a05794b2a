// The address of a Redis server, parsed from a URL.
#pragma once

#include "redis/redis_reply.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

struct redis_address {
    std::string unix_path;  ///< path of a unix socket; if not empty, host and port are not used
    std::string host;       ///< a name or an address, without brackets
    std::uint16_t port = 6379;
    std::string user, password;  ///< secret: never print
    unsigned database = 0;
    bool tls = false;

    [[nodiscard]] std::string printable_form() const;  ///< without user and password
    /// The commands that a new connection sends first: AUTH and SELECT, if needed.
    [[nodiscard]] std::vector<redis_command> login_commands() const;
};

/// redis://[[[user]:]password@]host[:port][/database], the same with rediss:// for TLS, or unix:///path. Throws setup_error, which repeats no part of the
/// URL, for anything else.
[[nodiscard]] redis_address parse_redis_address(std::string_view url);

}  // namespace pipebench

// Where a Redis is, parsed from what the user gave.
#pragma once

#include "redis/redis_reply.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

struct redis_address {
    std::string unix_path;  ///< not empty: a unix socket, and host and port are not used
    std::string host;       ///< a name or an address, without brackets
    std::uint16_t port = 6379;
    std::string user, password;  ///< secret: never print
    unsigned database = 0;

    [[nodiscard]] std::string printable_form() const;  ///< without user and password
    /// What a new connection sends first: AUTH and SELECT, if they are needed.
    [[nodiscard]] std::vector<redis_command> login_commands() const;
};

/// redis://[[user]:password@]host[:port][/database] or unix:///path. Throws setup_error, which repeats no part
/// of the URL, for anything else.
[[nodiscard]] redis_address parse_redis_address(std::string_view url);

}  // namespace pipebench

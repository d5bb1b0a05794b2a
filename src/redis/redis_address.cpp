#include "redis/redis_address.hpp"

#include "contracts/error.hpp"
#include "contracts/url.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace pipebench {
namespace {

constexpr std::array<std::string_view, 3> schemes{"redis://", "rediss://", "unix://"};
constexpr url_form form{.option = "--redis",
                        .expected = "redis://[[user:]password@]host[:port][/database], rediss:// for TLS, or "
                                    "unix:///path/to/socket",
                        .schemes = schemes};

unsigned database_of(const std::string& path) {
    unsigned out = 0;
    if (path.size() <= 1) return out;
    const char* end = path.data() + path.size();
    const auto [stop, error] = std::from_chars(path.data() + 1, end, out);
    if (error != std::errc{} || stop != end) refuse_url(form, "the database is a number");
    return out;
}

}  // namespace

redis_address parse_redis_address(std::string_view url) {
    const auto parts = parse_url(url, form);
    redis_address out;
    if (parts.scheme == "unix") {
        if (parts.has_authority) refuse_url(form, "a socket's path follows three slashes");
        if (parts.path.size() < 2) refuse_url(form, "the path of the socket is missing");
        out.unix_path = parts.path;
        return out;
    }
    if (parts.host.empty()) refuse_url(form, "the host is missing");
    out.host = parts.host;
    out.tls = parts.scheme == "rediss";
    out.port = parts.port.value_or(out.port);
    // As redis-cli: without a colon there is only a password.
    out.user = parts.has_password ? parts.user : std::string();
    out.password = parts.has_password ? parts.password : parts.user;
    out.database = database_of(parts.path);
    return out;
}

std::string redis_address::printable_form() const {
    if (!unix_path.empty()) return "unix://" + printable(unix_path);
    const bool is_ipv6 = host.find(':') != host.npos;
    return fmt::format("{}://{}:{}/{}", tls ? "rediss" : "redis",
                       is_ipv6 ? '[' + printable(host) + ']' : printable(host), port, database);
}

std::vector<redis_command> redis_address::login_commands() const {
    std::vector<redis_command> out;
    if (!user.empty()) out.push_back({"AUTH", user, password});
    else if (!password.empty()) out.push_back({"AUTH", password});
    if (database != 0) out.push_back({"SELECT", std::to_string(database)});
    return out;
}

}  // namespace pipebench

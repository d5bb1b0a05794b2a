#include "redis/redis_address.hpp"

#include "contracts/error.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <fmt/format.h>

#include <charconv>

namespace pipebench {
namespace {

[[noreturn]] void refuse(const char* what) {
    throw setup_error(fmt::format("--redis: {}; expected redis://[user:password@]host[:port][/database] or "
                                  "unix:///path/to/socket",
                                  what));
}

}  // namespace

redis_address parse_redis_address(std::string_view url) {
    // First: Boost.URL 1.81 asserts on some of what has no "//" behind the scheme.
    if (!url.starts_with("redis://") && !url.starts_with("unix://")) refuse("only redis:// and unix:// are known");
    const auto parsed = boost::urls::parse_uri(boost::urls::string_view(url.data(), url.size()));
    if (!parsed) refuse("not a URL");
    if (parsed->has_query() || parsed->has_fragment()) refuse("a query or fragment makes no sense here");
    redis_address out;
    if (parsed->scheme() == "unix") {
        if (!parsed->encoded_authority().empty()) refuse("a socket's path follows three slashes");
        out.unix_path = parsed->path();
        if (out.unix_path.size() < 2) refuse("the path of the socket is missing");
        return out;
    }
    out.host = parsed->host_address();  // without the brackets of IPv6
    if (out.host.empty()) refuse("the host is missing");
    if (parsed->has_port()) {
        const std::string digits(parsed->port());  // Boost.URL 1.81 wraps a number above 65535
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
        if (error != std::errc{} || out.port == 0) refuse("the port is not in 1..65535");
    }
    out.user = parsed->user();
    out.password = parsed->password();
    const std::string database = parsed->path();
    if (database.size() > 1) {
        const char* end = database.data() + database.size();
        const auto [stop, error] = std::from_chars(database.data() + 1, end, out.database);
        if (error != std::errc{} || stop != end) refuse("the database is a number");
    }
    return out;
}

std::string redis_address::printable_form() const {
    if (!unix_path.empty()) return "unix://" + printable(unix_path);
    const bool is_ipv6 = host.find(':') != host.npos;
    return fmt::format("redis://{}:{}/{}", is_ipv6 ? '[' + printable(host) + ']' : printable(host), port, database);
}

}  // namespace pipebench

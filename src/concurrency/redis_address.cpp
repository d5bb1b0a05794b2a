#include "concurrency/redis_address.hpp"

#include "pipebench/error.hpp"

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
    const auto parsed = boost::urls::parse_uri(boost::urls::string_view(url.data(), url.size()));
    if (!parsed) refuse("not a URL");
    redis_address out;
    if (parsed->scheme() == "unix") {
        out.unix_path = parsed->path();
        if (out.unix_path.size() < 2) refuse("the path of the socket is missing");
        return out;
    }
    if (parsed->scheme() != "redis") refuse("only redis:// and unix:// are known");
    out.host = parsed->host_name().empty() ? std::string(parsed->host()) : parsed->host_name();
    if (out.host.empty()) refuse("the host is missing");
    if (parsed->has_port()) {
        if (parsed->port_number() == 0) refuse("the port is not in 1..65535");
        out.port = parsed->port_number();
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
    return unix_path.empty() ? fmt::format("redis://{}:{}/{}", host, port, database) : "unix://" + unix_path;
}

}  // namespace pipebench

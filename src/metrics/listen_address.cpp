#include "metrics/listen_address.hpp"

#include "contracts/error.hpp"
#include "contracts/number_in.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <fmt/format.h>

#include <sys/socket.h>

#include <cerrno>

namespace pipebench {
namespace {

namespace ip = boost::asio::ip;
constexpr int backlog = 64;

}  // namespace

std::string listen_address::url() const {
    return host.find(':') == host.npos ? fmt::format("http://{}:{}", host, port)
                                       : fmt::format("http://[{}]:{}", host, port);
}

listen_address parse_listen_address(std::string_view text, bool remote_allowed) {
    const auto shown = printable(text, 60);
    const auto colon = text.rfind(':');
    const auto port = colon == text.npos ? std::nullopt : number_in<std::uint16_t>(text.substr(colon + 1));
    if (!port)
        throw setup_error(fmt::format("'{}' has no port from 0 to 65535: give HOST:PORT, as 127.0.0.1:9464", shown));
    auto host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (host == "localhost") host = "127.0.0.1";
    boost::system::error_code ec;
    const auto address = ip::make_address(std::string(host), ec);
    if (ec) throw setup_error(fmt::format("'{}' has no IP address: give HOST:PORT, as 127.0.0.1:9464", shown));
    if (!address.is_loopback() && !remote_allowed)
        throw setup_error(
            fmt::format("other machines can reach {}; use --allow-remote if that is intended", address.to_string()));
    return {address.to_string(), *port};
}

descriptor listen_at(listen_address& where) {
    const ip::tcp::endpoint at(ip::make_address(where.host), where.port);
    descriptor out(::socket(at.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int yes = 1;
    ip::tcp::endpoint taken;
    auto size = static_cast<socklen_t>(taken.capacity());
    if (!out.is_open() || ::setsockopt(out.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        ::bind(out.get(), at.data(), static_cast<socklen_t>(at.size())) != 0 || ::listen(out.get(), backlog) != 0 ||
        ::getsockname(out.get(), taken.data(), &size) != 0)
        throw system_failure(fmt::format("cannot listen on {} port {}", where.host, where.port), errno);
    taken.resize(size);
    where.port = taken.port();
    return out;
}

}  // namespace pipebench

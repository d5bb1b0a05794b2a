#include "pipeline/deadline_socket.hpp"

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace pipebench {

using boost::system::error_code;

namespace {

void set_to_errno(error_code& ec) { ec.assign(errno, boost::system::system_category()); }

}  // namespace

bool deadline_socket::wait_for(short events, error_code& ec) const {
    pollfd waiting{.fd = fd_.get(), .events = events, .revents = 0};
    int ready = 0;
    do {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - clock::now()).count();
        ready = ::poll(&waiting, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, INT_MAX)));
    } while (ready < 0 && errno == EINTR);
    if (ready < 0) set_to_errno(ec);
    if (ready == 0) ec = boost::system::errc::make_error_code(boost::system::errc::timed_out);
    return ready > 0;
}

void deadline_socket::connect(const boost::asio::ip::tcp::endpoint& where, error_code& ec) {
    ec = {};
    fd_ = descriptor(::socket(where.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd_.is_open()) return set_to_errno(ec);
    const int on = 1;
    ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(fd_.get(), where.data(), static_cast<socklen_t>(where.size())) == 0) return;
    if (errno != EINPROGRESS) return set_to_errno(ec);
    if (!wait_for(POLLOUT, ec)) return;
    int failure = 0;
    socklen_t size = sizeof failure;
    ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &failure, &size);
    if (failure != 0) ec.assign(failure, boost::system::system_category());
}

std::size_t deadline_socket::read(void* to, std::size_t size, error_code& ec) {
    ec = {};
    auto n = ::recv(fd_.get(), to, size, 0);
    while (n < 0 && (errno == EINTR || (errno == EAGAIN && wait_for(POLLIN, ec)))) n = ::recv(fd_.get(), to, size, 0);
    if (n > 0) return static_cast<std::size_t>(n);
    if (n == 0) ec = boost::asio::error::eof;
    else if (!ec) set_to_errno(ec);
    return 0;
}

void deadline_socket::write_all(std::string_view bytes, error_code& ec) {
    ec = {};
    while (!bytes.empty()) {
        const auto n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n >= 0) bytes.remove_prefix(static_cast<std::size_t>(n));
        else if (errno == EAGAIN && !wait_for(POLLOUT, ec)) return;
        else if (errno != EAGAIN && errno != EINTR) return set_to_errno(ec);
    }
}

}  // namespace pipebench

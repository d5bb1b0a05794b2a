#include "pipeline/deadline_socket.hpp"

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <boost/asio/error.hpp>

#include <cerrno>

namespace pipebench {

using boost::system::error_code;

namespace {

void set_to_errno(error_code& ec) { ec.assign(errno, boost::system::system_category()); }

}  // namespace

bool deadline_socket::wait_for(short events, error_code& ec) const {
    const auto end = patience_.wait(fd_.get(), events, deadline_);
    if (end == wait_end::timed_out) ec = boost::system::errc::make_error_code(boost::system::errc::timed_out);
    if (end == wait_end::interrupted) ec = boost::system::errc::make_error_code(boost::system::errc::interrupted);
    return end == wait_end::ready;
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

#include "pipeline/deadline_socket.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <cerrno>

namespace pipebench {

using boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds longest_blocking{250};

void set_to_errno(error_code& ec) { ec.assign(errno, boost::system::system_category()); }

/// A call that would block longer ends with EAGAIN, or EINPROGRESS. 0 would mean no limit.
void limit_blocking(int fd, deadline_socket::clock::duration left) {
    using std::chrono::microseconds;
    const auto most = std::clamp(left, deadline_socket::clock::duration(microseconds(1)),
                                 deadline_socket::clock::duration(longest_blocking));
    const timeval limit{0, std::chrono::ceil<microseconds>(most).count()};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

/// Close to the deadline only poll(2) waits.
int blocking_until(deadline_socket::clock::time_point deadline) {
    return deadline - deadline_socket::clock::now() < longest_blocking ? MSG_DONTWAIT : 0;
}

bool may_go_on() { return errno == EAGAIN || errno == EINTR; }

}  // namespace

bool deadline_socket::wait_for(short events, error_code& ec) const {
    const auto end = patience_.wait(fd_.get(), events, deadline_);
    if (end == wait_end::timed_out) ec = boost::system::errc::make_error_code(boost::system::errc::timed_out);
    if (end == wait_end::interrupted) ec = boost::system::errc::make_error_code(boost::system::errc::interrupted);
    return end == wait_end::ready;
}

void deadline_socket::connect(const boost::asio::ip::tcp::endpoint& where, error_code& ec) {
    ec = {};
    fd_ = descriptor(::socket(where.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd_.is_open()) return set_to_errno(ec);
    limit_blocking(fd_.get(), deadline_ - clock::now());
    if (::connect(fd_.get(), where.data(), static_cast<socklen_t>(where.size())) == 0) return;
    if (errno != EINPROGRESS && errno != EINTR) return set_to_errno(ec);
    if (!wait_for(POLLOUT, ec)) return;
    int failure = 0;
    socklen_t size = sizeof failure;
    ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &failure, &size);
    if (failure != 0) ec.assign(failure, boost::system::system_category());
}

std::size_t deadline_socket::read(void* to, std::size_t size, error_code& ec) {
    ec = {};
    const int flags = blocking_until(deadline_);
    auto n = ::recv(fd_.get(), to, size, flags);
    while (n < 0 && may_go_on() && wait_for(POLLIN, ec)) n = ::recv(fd_.get(), to, size, MSG_DONTWAIT);
    if (n > 0) return static_cast<std::size_t>(n);
    if (n == 0) ec = boost::asio::error::eof;
    else if (!ec) set_to_errno(ec);
    return 0;
}

void deadline_socket::write_all(std::string_view bytes, error_code& ec) {
    ec = {};
    for (int flags = blocking_until(deadline_); !bytes.empty(); flags = MSG_DONTWAIT) {
        const auto n = ::send(fd_.get(), bytes.data(), bytes.size(), flags | MSG_NOSIGNAL);
        if (n >= 0) bytes.remove_prefix(static_cast<std::size_t>(n));
        else if (!may_go_on()) return set_to_errno(ec);
        else if (!wait_for(POLLOUT, ec)) return;
    }
}

}  // namespace pipebench

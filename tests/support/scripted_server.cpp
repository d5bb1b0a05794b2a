#include "support/scripted_server.hpp"

#include "contracts/error.hpp"
#include "mock_api/order_book.hpp"
#include "mock_api/order_json.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>

namespace pipebench::test {
namespace {

/// A socket bound to a free port of the loopback interface.
descriptor bound_socket() {
    descriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0)
        throw system_failure("cannot bind", errno);
    return fd;
}

std::uint16_t port_of(const descriptor& fd) {
    sockaddr_in where{};
    socklen_t size = sizeof where;
    ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&where), &size);
    return ntohs(where.sin_port);
}

std::string url_of(const descriptor& fd) { return fmt::format("http://127.0.0.1:{}", port_of(fd)); }

}  // namespace

std::optional<order_id> scripted_server::connection::request() {
    constexpr std::string_view end_of_request = "\r\n\r\n", path = "GET /orders/";
    std::array<char, 4096> part{};
    while (unread_.find(end_of_request) == std::string::npos) {
        const auto n = ::recv(fd_.get(), part.data(), part.size(), 0);
        if (n <= 0) return std::nullopt;
        unread_.append(part.data(), static_cast<std::size_t>(n));
    }
    const auto id = std::strtoull(unread_.c_str() + path.size(), nullptr, 10);
    unread_.erase(0, unread_.find(end_of_request) + end_of_request.size());
    return id;
}

bool scripted_server::connection::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

bool scripted_server::connection::pause(std::chrono::milliseconds length) {
    pollfd closed{fd_.get(), POLLRDHUP, 0};
    return ::poll(&closed, 1, static_cast<int>(length.count())) == 0;
}

void scripted_server::connection::reset() {
    const linger at_once{1, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

scripted_server::scripted_server(script s) : script_(std::move(s)), listener_(bound_socket()) {
    if (::listen(listener_.get(), 128) != 0) throw system_failure("cannot listen", errno);
    acceptor_ = std::jthread([this] { accept_all(); });
}

scripted_server::~scripted_server() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    acceptor_.join();
    {
        const std::lock_guard lock(mutex_);
        for (auto& c : connections_) ::shutdown(c.fd_.get(), SHUT_RDWR);
    }
    threads_.clear();
}

void scripted_server::accept_all() {
    for (;;) {
        const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) return;
        const std::lock_guard lock(mutex_);
        const auto here = connections_.emplace(connections_.end(), fd, accepted_++);
        threads_.emplace_back([this, here] {
            script_(*here);
            const std::lock_guard closing(mutex_);
            connections_.erase(here);
        });
    }
}

std::string scripted_server::url() const { return url_of(listener_); }

scripted_server::script orders_for_checks_only(unsigned checks) {
    const auto left = std::make_shared<std::atomic<unsigned>>(checks);
    return [left](scripted_server::connection& c) {
        while (const auto id = c.request()) {
            const bool is_check = *id != 0 && *left > 0;
            if (is_check) --*left;
            c.send(is_check ? good_answer(*id) : answer("404 Not Found", ""));
        }
    };
}

std::string good_answer(order_id id) {
    std::string body;
    append_json(body, make_order(id, 42));
    return answer("200 OK", body);
}

std::string answer(std::string_view status, std::string_view body, std::string_view fields) {
    return fmt::format("HTTP/1.1 {}\r\n{}Content-Length: {}\r\n\r\n{}", status, fields, body.size(), body);
}

std::string closed_port_url() {
    static const descriptor reserved = bound_socket();  // bound but not listening, so that no program gets the port
    return url_of(reserved);
}

std::string free_port() { return std::to_string(port_of(bound_socket())); }

}  // namespace pipebench::test

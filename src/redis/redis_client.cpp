#include "redis/redis_client.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace pipebench {
namespace {

std::string words_of(int error_number) {
    return error_number == ETIMEDOUT ? "timed out" : std::generic_category().message(error_number);
}

[[noreturn]] void refuse_to_connect(const redis_address& where, std::string_view why) {
    throw redis_lost(fmt::format("Redis: cannot connect to {}: {}", where.printable_form(), why));
}

using found_addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

/// The resolver of the C library has its own time limit (resolv.conf).
found_addresses resolve(const redis_address& where) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    wanted.ai_flags = AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int code = ::getaddrinfo(where.host.c_str(), std::to_string(where.port).c_str(), &wanted, &found);
    if (code != 0) refuse_to_connect(where, code == EAI_SYSTEM ? words_of(errno) : ::gai_strerror(code));
    return {found, ::freeaddrinfo};
}

int count_of(const addrinfo* list) {
    int n = 0;
    for (; list != nullptr; list = list->ai_next) ++n;
    return n;
}

sockaddr_un socket_at(const redis_address& where) {
    sockaddr_un out{};
    out.sun_family = AF_UNIX;
    if (where.unix_path.size() >= sizeof out.sun_path) refuse_to_connect(where, words_of(ENAMETOOLONG));
    std::memcpy(out.sun_path, where.unix_path.data(), where.unix_path.size());
    return out;
}

}  // namespace

redis_client::redis_client(const redis_address& where, duration limit, const patience& until, side_work* meanwhile)
    : limit_(limit), until_(until), meanwhile_(meanwhile) {
    const auto deadline = clock::now() + limit;
    connect(where, deadline);
    if (where.tls) begin_tls(where.host, deadline);
    for (const auto& one : where.login_commands()) throw_if_error(*exchange({one}, deadline).front());
}

void redis_client::connect(const redis_address& where, clock::time_point deadline) {
    int error_number = 0;
    if (!where.unix_path.empty()) {
        const auto socket = socket_at(where);
        error_number = connect_to(reinterpret_cast<const sockaddr*>(&socket), sizeof socket, deadline);
    } else {
        const auto found = resolve(where);
        for (const auto* one = found.get(); one != nullptr; one = one->ai_next) {
            // An address that does not answer gets its share of the time only.
            const auto share = (deadline - clock::now()) / count_of(one);
            error_number = connect_to(one->ai_addr, one->ai_addrlen, clock::now() + share);
            if (error_number == 0) break;
        }
    }
    if (error_number != 0) refuse_to_connect(where, words_of(error_number));
}

/// Returns 0, or the error number.
int redis_client::connect_to(const sockaddr* address, std::size_t size, clock::time_point deadline) {
    socket_ = descriptor(::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket_.is_open()) return errno;
    const int on = 1;
    if (address->sa_family != AF_UNIX) ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(socket_.get(), address, static_cast<socklen_t>(size)) == 0) return 0;
    if (errno != EINPROGRESS) return errno;
    const auto end = wait(POLLOUT, deadline);
    if (end == wait_end::interrupted) throw interrupted();
    if (end == wait_end::timed_out) return ETIMEDOUT;
    int failure = 0;
    socklen_t length = sizeof failure;
    ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &failure, &length);
    return failure;
}

/// The replies that are still to come belong to no later command: the connection cannot be used any more.
void redis_client::lose(std::string_view why) {
    socket_.reset();
    throw redis_lost(fmt::format("Redis: {}", why));
}

wait_end redis_client::wait(short events, clock::time_point deadline) {
    if (meanwhile_ == nullptr) return until_.wait(socket_.get(), events, deadline);
    for (;;) {
        meanwhile_->run();
        std::array<pollfd, 2> waiting{pollfd{socket_.get(), events, 0}, meanwhile_->watched()};
        const auto end = until_.wait(waiting, std::min(deadline, meanwhile_->next()));
        if (end == wait_end::interrupted || waiting[0].revents != 0) return end;
        if (clock::now() >= deadline) return wait_end::timed_out;
    }
}

void redis_client::wait_for(short events, clock::time_point deadline) {
    const auto end = wait(events, deadline);
    if (end == wait_end::timed_out) lose("timed out");
    if (end != wait_end::interrupted) return;
    socket_.reset();
    throw interrupted();
}

void redis_client::begin_tls(const std::string& host, clock::time_point deadline) {
    tls_.emplace(host);
    for (;;) {
        tls_->shake_hands();
        send_raw(tls_->take_to_send(), deadline);
        if (tls_->is_open()) return;
        const auto end = wait(POLLIN, deadline);
        if (end == wait_end::timed_out) lose("the TLS handshake timed out: is this the port for TLS?");
        if (end == wait_end::interrupted) throw interrupted();
        tls_->received(receive_raw());
    }
}

void redis_client::send(std::string_view bytes, clock::time_point deadline) {
    if (!tls_) return send_raw(bytes, deadline);
    tls_->encrypt(bytes);
    send_raw(tls_->take_to_send(), deadline);
}

void redis_client::send_raw(std::string_view bytes, clock::time_point deadline) {
    while (!bytes.empty()) {
        const auto n = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n >= 0) bytes.remove_prefix(static_cast<std::size_t>(n));
        else if (errno == EAGAIN) wait_for(POLLOUT, deadline);
        else if (errno != EINTR) lose(words_of(errno));
    }
}

redis_reply redis_client::next_reply(clock::time_point deadline) {
    for (;;) {
        if (auto reply = reader_.next()) return reply;
        wait_for(POLLIN, deadline);
        receive();
    }
}

/// Takes what has arrived. False if nothing has.
bool redis_client::receive() {
    const auto arrived = receive_raw();
    if (!tls_) {
        if (!arrived.empty()) reader_.take(arrived);
        return !arrived.empty();
    }
    tls_->received(arrived);
    while (const auto n = tls_->decrypt(in_)) reader_.take({in_.data(), n});
    return !arrived.empty();
}

/// Valid until the next call; empty if nothing has arrived.
std::string_view redis_client::receive_raw() {
    const auto n = ::recv(socket_.get(), in_.data(), in_.size(), 0);
    if (n == 0) lose("the server closed the connection");
    if (n < 0 && errno != EINTR && errno != EAGAIN) lose(words_of(errno));
    return {in_.data(), static_cast<std::size_t>(std::max<ssize_t>(n, 0))};
}

void redis_client::start(const std::vector<redis_command>& commands) {
    std::string bytes;
    for (const auto& c : commands) append_command(bytes, c);
    reader_.begin_exchange();
    send(bytes, clock::now() + limit_);
}

std::vector<redis_reply> redis_client::arrived_replies() {
    std::vector<redis_reply> out;
    do {
        while (auto reply = reader_.next()) out.push_back(std::move(reply));
    } while (receive());
    return out;
}

std::vector<redis_reply> redis_client::exchange(const std::vector<redis_command>& commands,
                                                clock::time_point deadline) {
    std::string bytes;
    for (const auto& c : commands) append_command(bytes, c);
    reader_.begin_exchange();
    send(bytes, deadline);
    std::vector<redis_reply> replies;
    for (std::size_t i = 0; i < commands.size(); ++i) replies.push_back(next_reply(deadline));
    return replies;
}

redis_reply redis_client::command(const redis_command& one, duration wait) {
    return std::move(pipeline({one}, wait).front());
}

std::vector<redis_reply> redis_client::pipeline(const std::vector<redis_command>& commands, duration wait) {
    auto replies = exchange(commands, clock::now() + limit_ + wait);
    for (const auto& reply : replies) throw_if_error(*reply);
    return replies;
}

}  // namespace pipebench

#include "redis/redis_client.hpp"

#include "contracts/error.hpp"

#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <system_error>

namespace pipebench {
namespace {

timeval as_timeval(duration d) {
    return {static_cast<time_t>(d.count() / 1'000'000), static_cast<suseconds_t>(d.count() % 1'000'000)};
}

redisContext* connect(const redis_address& where, timeval limit) {
    if (!where.unix_path.empty()) return redisConnectUnixWithTimeout(where.unix_path.c_str(), limit);
    return redisConnectWithTimeout(where.host.c_str(), where.port, limit);
}

}  // namespace

redis_client::redis_client(const redis_address& where, duration limit) : context_(connect(where, as_timeval(limit))) {
    if (!context_) throw std::bad_alloc();
    if (context_->err != 0)
        throw redis_lost("Redis: cannot connect to " + where.printable_form() + ": " + printable(context_->errstr));
    limit_elements(*context_->reader);
    redisSetTimeout(context_.get(), as_timeval(limit));
    for (const auto& one : where.login_commands()) command(one);
}

// hiredis would use write(2), and a closed connection would then end the process with SIGPIPE.
void redis_client::send(const std::string& bytes) {
    for (std::size_t sent = 0; sent < bytes.size();) {
        const auto n = ::send(context_->fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) throw redis_lost("Redis: " + std::generic_category().message(errno));
        sent += static_cast<std::size_t>(n);
    }
}

redis_reply redis_client::next_reply() {
    void* reply = nullptr;
    if (redisGetReply(context_.get(), &reply) != REDIS_OK)
        throw redis_lost(std::string("Redis: ") + printable(context_->errstr));
    redis_reply owned(static_cast<redisReply*>(reply));
    throw_if_error(*owned);
    return owned;
}

redis_reply redis_client::command(const redis_command& one) { return std::move(pipeline({one}).front()); }

std::vector<redis_reply> redis_client::pipeline(const std::vector<redis_command>& commands) {
    std::string bytes;
    for (const auto& c : commands) append_command(bytes, c);
    send(bytes);
    std::vector<redis_reply> replies;
    for (std::size_t i = 0; i < commands.size(); ++i) replies.push_back(next_reply());
    return replies;
}

}  // namespace pipebench

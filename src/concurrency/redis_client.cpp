#include "concurrency/redis_client.hpp"

#include "pipebench/error.hpp"

#include <sys/time.h>

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
        throw redis_error("Redis: cannot connect to " + where.printable_form() + ": " + printable(context_->errstr));
    redisSetTimeout(context_.get(), as_timeval(limit));
    if (!where.password.empty())
        command(where.user.empty() ? redis_command{"AUTH", where.password}
                                   : redis_command{"AUTH", where.user, where.password});
    if (where.database != 0) command({"SELECT", std::to_string(where.database)});
}

void redis_client::append(const redis_command& one) {
    std::string bytes;
    append_command(bytes, one);
    redisAppendFormattedCommand(context_.get(), bytes.data(), bytes.size());
}

redis_reply redis_client::next_reply() {
    void* reply = nullptr;
    if (redisGetReply(context_.get(), &reply) != REDIS_OK)
        throw redis_error(std::string("Redis: ") + printable(context_->errstr));
    redis_reply owned(static_cast<redisReply*>(reply));
    throw_if_error(*owned);
    return owned;
}

redis_reply redis_client::command(const redis_command& one) {
    append(one);
    return next_reply();
}

void redis_client::pipeline(const std::vector<redis_command>& commands) {
    for (const auto& c : commands) append(c);
    for (std::size_t i = 0; i < commands.size(); ++i) next_reply();
}

}  // namespace pipebench

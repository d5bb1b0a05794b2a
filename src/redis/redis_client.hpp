// A blocking Redis client: a wrapper of hiredis that owns the connection and throws errors.
#pragma once

#include "pipebench/duration.hpp"
#include "redis/redis_address.hpp"
#include "redis/redis_reply.hpp"

namespace pipebench {

/// One thread at a time. Every failure is a redis_error: redis_lost when the connection has ended, redis_refusal when
/// the server refused the command.
class redis_client {
public:
    /// Connects, authenticates, selects the database. `limit`: time limit for connecting and for each reply, after
    /// which the connection counts as lost; it must exceed the BLOCK time of any command.
    redis_client(const redis_address& where, duration limit);

    redis_reply command(const redis_command& one);
    /// Sends the commands back to back and reads the replies: one round trip for all of them.
    std::vector<redis_reply> pipeline(const std::vector<redis_command>& commands);

private:
    struct context_deleter {
        void operator()(redisContext* c) const noexcept { redisFree(c); }
    };
    void send(const std::string& bytes);
    redis_reply next_reply();

    std::unique_ptr<redisContext, context_deleter> context_;
};

}  // namespace pipebench

// A blocking Redis client.
#pragma once

#include "pipebench/duration.hpp"
#include "redis/redis_address.hpp"
#include "redis/redis_reply.hpp"
#include "redis/reply_reader.hpp"
#include "redis/tls_session.hpp"
#include "system/descriptor.hpp"
#include "system/patience.hpp"

#include <poll.h>

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct sockaddr;

namespace pipebench {

/// What a thread does beside its waits for Redis.
class side_work {
public:
    virtual ~side_work() = default;
    /// Does what is due now, without waiting. May throw; the exchange that is waited for is lost then.
    virtual void run() = 0;
    /// When run() is due again.
    [[nodiscard]] virtual std::chrono::steady_clock::time_point next() const = 0;
    /// What makes it due earlier; a descriptor of -1 if nothing does.
    [[nodiscard]] virtual pollfd watched() const = 0;
};

/// One thread at a time. Every failure is a redis_error: redis_lost when the connection has ended, redis_refusal when
/// the server refused a command. After a redis_lost, make a new client. Throws `interrupted` if a signal ended a wait.
class redis_client {
public:
    /// Connects, authenticates, selects the database. `limit`: time limit for that, and for each later exchange. All
    /// addresses of the host's name are tried. `until`: what ends a wait earlier. `meanwhile`: done during each wait;
    /// it must outlive the client.
    redis_client(const redis_address& where, duration limit, const patience& until = {},
                 side_work* meanwhile = nullptr);

    /// `wait`: the time that the command may block on purpose, on top of the limit.
    redis_reply command(const redis_command& one, duration wait = {});
    /// Sends the commands back to back and reads the replies: one exchange. Throws the first refusal, after it has
    /// read all replies.
    std::vector<redis_reply> pipeline(const std::vector<redis_command>& commands, duration wait = {});

    /// For exchanges that nobody waits for: sends the commands, and reads replies that have arrived, in the order of
    /// the commands. Sending waits if the server does not read.
    void start(const std::vector<redis_command>& commands);
    [[nodiscard]] std::vector<redis_reply> arrived_replies();
    [[nodiscard]] int native() const noexcept { return socket_.get(); }

private:
    using clock = patience::clock;

    void connect(const redis_address& where, clock::time_point deadline);
    [[nodiscard]] int connect_to(const sockaddr* address, std::size_t size, clock::time_point deadline);
    std::vector<redis_reply> exchange(const std::vector<redis_command>& commands, clock::time_point deadline);
    void send(std::string_view bytes, clock::time_point deadline);
    void send_raw(std::string_view bytes, clock::time_point deadline);
    [[nodiscard]] std::string_view receive_raw();
    void begin_tls(const std::string& host, clock::time_point deadline);
    redis_reply next_reply(clock::time_point deadline);
    bool receive();
    [[nodiscard]] wait_end wait(short events, clock::time_point deadline);
    void wait_for(short events, clock::time_point deadline);
    [[noreturn]] void lose(std::string_view why);

    duration limit_;
    patience until_;
    side_work* meanwhile_;
    descriptor socket_;
    std::optional<tls_session> tls_;
    reply_reader reader_;
    std::array<char, 16 * 1024> in_;
};

}  // namespace pipebench

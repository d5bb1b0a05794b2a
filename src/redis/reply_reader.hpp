// The reply parser of hiredis (RESP2) with limits. Both clients read through it.
#pragma once

#include "redis/redis_reply.hpp"

#include <string_view>

namespace pipebench {

/// The replies of one connection, one exchange after another. A server that exceeds a limit ends the connection: the
/// failure is a redis_lost.
class reply_reader {
public:
    /// Of all replies of an exchange. The longest expected ones are pages of 1000 entries: some 100 KiB.
    static constexpr std::size_t max_exchange_bytes = 16u << 20;
    /// Of one array. Otherwise hiredis reserves memory for as many elements as the server announces: "*2147483647"
    /// would be 16 GiB.
    static constexpr std::size_t max_elements = 1'000'000;
    /// Of arrays in arrays; hiredis frees them recursively. XREADGROUP's reply has 4 levels.
    static constexpr std::size_t max_depth = 7;

    reply_reader();

    /// Forgets what was read: for a new connection.
    void start_over();
    /// Call it before each exchange.
    void begin_exchange() noexcept { received_ = 0; }
    /// Bytes that have arrived.
    void take(std::string_view bytes);
    /// The next whole reply; null if that needs more bytes.
    [[nodiscard]] redis_reply next();

private:
    struct deleter {
        void operator()(redisReader* r) const noexcept { redisReaderFree(r); }
    };
    std::unique_ptr<redisReader, deleter> reader_;
    std::size_t received_ = 0;  ///< bytes of this exchange
};

}  // namespace pipebench

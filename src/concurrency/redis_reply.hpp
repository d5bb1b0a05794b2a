// Replies of Redis, owned, and checked before use: a server's bytes are foreign.
#pragma once

#include <hiredis/hiredis.h>

#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

/// Redis is gone, refused a command or answered with something else than asked for.
class redis_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

struct redis_reply_deleter {
    void operator()(redisReply* r) const noexcept { freeReplyObject(r); }
};
using redis_reply = std::unique_ptr<redisReply, redis_reply_deleter>;

/// A command: its name and its arguments, as bytes.
using redis_command = std::vector<std::string>;

/// One entry of a stream. Fields that are not text are skipped.
struct stream_entry {
    std::string id;
    std::vector<std::pair<std::string, std::string>> fields;
    [[nodiscard]] std::string_view field(std::string_view name) const noexcept;  ///< empty when it is not there
};

/// The entries in a reply of XREADGROUP or XREAD on one stream; none for nil (the BLOCK time has passed).
/// Throws redis_error for an error reply or any other shape.
[[nodiscard]] std::vector<stream_entry> entries_read(const redisReply& reply);

/// The entries that XAUTOCLAIM handed over, and where to go on ("0-0": done). 6.2 answers with two elements,
/// 7.0 with three.
struct claimed_entries {
    std::string cursor;
    std::vector<stream_entry> entries;
};
[[nodiscard]] claimed_entries entries_claimed(const redisReply& reply);

/// Throws redis_error, with the server's words made printable, when the reply is an error.
void throw_if_error(const redisReply& reply);

/// The wire form of a command (RESP2), added to `out`.
void append_command(std::string& out, const redis_command& command);

}  // namespace pipebench

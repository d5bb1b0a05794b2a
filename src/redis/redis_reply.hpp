// Replies of Redis with an owner. They are checked before use, because they are foreign input.
#pragma once

#include "contracts/error.hpp"

#include <hiredis/hiredis.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

/// The connection was lost, or Redis refused a command or sent an unexpected kind of reply.
class redis_error : public setup_error {
public:
    using setup_error::setup_error;
};

/// The connection was lost or could not be opened; another try may succeed.
class redis_lost : public redis_error {
public:
    using redis_error::redis_error;
};

/// The server refused the command. Holds its message.
class redis_refusal : public redis_error {
public:
    explicit redis_refusal(std::string_view words);
    /// True if the stream or its group does not exist (any more): Redis came back empty, or a client deleted it. A
    /// reader that is blocked at that moment gets UNBLOCKED, and since 7.2 NOGROUP.
    [[nodiscard]] bool group_lost() const noexcept;
    [[nodiscard]] bool group_exists() const noexcept { return code_ == "BUSYGROUP"; }
    /// The server cannot carry it out now; another try, perhaps on a new connection, may succeed.
    [[nodiscard]] bool is_away() const noexcept;

    [[nodiscard]] const std::string& code() const noexcept { return code_; }    ///< its first word: "READONLY"
    [[nodiscard]] const std::string& words() const noexcept { return words_; }  ///< the whole message, printable

private:
    std::string code_, words_;
};

/// Whether another try may succeed: the connection was lost, or redis_refusal::is_away().
[[nodiscard]] bool is_away(const redis_error& e) noexcept;

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
    [[nodiscard]] std::string_view field(std::string_view name) const noexcept;  ///< empty if it does not exist
};

/// The entries in a reply of XREADGROUP or XREAD on one stream; empty for nil (the BLOCK time has passed). Throws
/// redis_error for an error reply or any other shape.
[[nodiscard]] std::vector<stream_entry> entries_read(const redisReply& reply);

/// The entries in a reply of XRANGE, or of XCLAIM without JUSTID, without deleted ones (which 6.2 sends as nil).
[[nodiscard]] std::vector<stream_entry> entries_listed(const redisReply& reply);

/// The ids that XAUTOCLAIM ... JUSTID claimed, and the next cursor ("0-0" at the end). A page before the last may be
/// empty. 6.2 answers with two elements, 7.0 with three.
struct claimed_ids {
    std::string cursor;
    std::vector<std::string> ids;
};
[[nodiscard]] claimed_ids ids_claimed(const redisReply& reply);

/// The ids in a reply of XCLAIM ... JUSTID: of those asked for, the ones that are still pending.
[[nodiscard]] std::vector<std::string> ids_renewed(const redisReply& reply);

/// One row of XPENDING with a range.
struct pending_entry {
    std::string id;
    std::uint64_t deliveries = 0;
};
[[nodiscard]] std::vector<pending_entry> entries_pending(const redisReply& reply);

/// What XINFO GROUPS reports about a consumer group. `lag`: entries not delivered yet; unknown before 7.0, and after
/// entries were deleted. `pending`: delivered and not acknowledged.
struct group_state {
    std::optional<std::uint64_t> lag, pending;
    std::string last_delivered;  ///< id of an entry; empty if unknown
};
/// nullopt if the stream has no group of that name.
[[nodiscard]] std::optional<group_state> group_in(const redisReply& reply, std::string_view name);
/// The id of the last entry that was added, in a reply of XINFO STREAM.
[[nodiscard]] std::string last_id_in(const redisReply& reply);

/// The id of the oldest pending entry, in a reply of XPENDING without a range; empty if none is pending.
[[nodiscard]] std::string oldest_pending_in(const redisReply& reply);
/// A reply of TIME: seconds since 1970.
[[nodiscard]] double seconds_in(const redisReply& reply);

/// A count, such as XLEN's.
[[nodiscard]] std::uint64_t count_in(const redisReply& reply);

/// A value; nullopt for nil (there is no such key).
[[nodiscard]] std::optional<std::string> value_in(const redisReply& reply);
/// The fields of a hash and their values, in a reply of HGETALL.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> hash_in(const redisReply& reply);

/// EXEC's reply: throws redis_error unless every command of the transaction was carried out.
void throw_if_aborted(const redisReply& reply);

/// Whether the reply is an error, or EXEC's reply with an error in it.
[[nodiscard]] bool is_refused(const redisReply& reply) noexcept;
/// Throws redis_refusal, with the server's message made printable, if is_refused().
void throw_if_error(const redisReply& reply);

/// Appends the wire form of a command (RESP2) to `out`.
void append_command(std::string& out, const redis_command& command);

}  // namespace pipebench

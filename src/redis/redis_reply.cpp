#include "redis/redis_reply.hpp"

#include "contracts/number_in.hpp"

#include <algorithm>
#include <array>

namespace pipebench {
namespace {

std::string_view text(const redisReply& r) {
    if (r.type != REDIS_REPLY_STRING && r.type != REDIS_REPLY_STATUS) throw redis_error("Redis: text was expected");
    return {r.str, static_cast<std::size_t>(r.len)};
}

std::span<redisReply* const> elements(const redisReply& r) {
    if (r.type != REDIS_REPLY_ARRAY) throw redis_error("Redis: an array was expected");
    return {r.element, r.elements};
}

std::uint64_t number(const redisReply& r) {
    if (r.type != REDIS_REPLY_INTEGER || r.integer < 0) throw redis_error("Redis: a count was expected");
    return static_cast<std::uint64_t>(r.integer);
}

/// Milliseconds and a sequence number: "1700000000000-0".
std::string entry_id(const redisReply& r) {
    const auto id = text(r);
    const auto digits = [](std::string_view part) {
        return !part.empty() && part.size() <= 20 && part.find_first_not_of("0123456789") == part.npos;
    };
    const auto dash = std::min(id.find('-'), id.size() - 1);
    if (id.empty() || !digits(id.substr(0, dash)) || !digits(id.substr(dash + 1)))
        throw redis_error("Redis: a stream entry's id was expected");
    return std::string(id);
}

/// Names and values in turn.
using named_values = std::span<redisReply* const>;

named_values fields_of(const redisReply& r) {
    const auto out = elements(r);
    if (out.size() % 2 != 0) throw redis_error("Redis: names and values were expected");
    return out;
}

/// Null if there is none of that name.
const redisReply* value_of(named_values fields, std::string_view name) {
    for (std::size_t i = 0; i < fields.size(); i += 2)
        if (text(*fields[i]) == name) return fields[i + 1];
    return nullptr;
}

std::vector<std::string> ids_in(const redisReply& list) {
    std::vector<std::string> out;
    for (const redisReply* id : elements(list)) out.push_back(entry_id(*id));
    return out;
}

std::vector<stream_entry> entries_in(const redisReply& list) {
    std::vector<stream_entry> out;
    for (const redisReply* item : elements(list)) {
        if (item->type == REDIS_REPLY_NIL) continue;  // 6.2, XCLAIM: the entry was deleted after its delivery
        const auto parts = elements(*item);
        if (parts.size() != 2) throw redis_error("Redis: a stream entry has an id and fields");
        stream_entry entry{std::string(text(*parts[0])), {}};
        // nil in place of the fields: the entry was deleted after its delivery
        if (parts[1]->type != REDIS_REPLY_NIL) {
            const auto fields = elements(*parts[1]);
            for (std::size_t i = 0; i + 1 < fields.size(); i += 2)
                entry.fields.emplace_back(text(*fields[i]), text(*fields[i + 1]));
        }
        out.push_back(std::move(entry));
    }
    return out;
}

/// The first word of a refusal, which is its code. A transaction that EXEC refused is "discarded because of: <words>".
std::string_view code_of(std::string_view words) {
    constexpr std::string_view discarded = "EXECABORT Transaction discarded because of: ";
    if (words.starts_with(discarded)) words.remove_prefix(discarded.size());
    return words.substr(0, words.find(' '));
}

/// The error reply, which may be one of a transaction's replies; null if there is none.
const redisReply* error_in(const redisReply& reply) {
    if (reply.type == REDIS_REPLY_ERROR) return &reply;
    if (reply.type != REDIS_REPLY_ARRAY) return nullptr;
    for (const redisReply* one : elements(reply))
        if (one->type == REDIS_REPLY_ERROR) return one;
    return nullptr;
}

}  // namespace

std::string_view stream_entry::field(std::string_view name) const noexcept {
    for (const auto& [key, value] : fields)
        if (key == name) return value;
    return {};
}

redis_refusal::redis_refusal(std::string_view words)
    : redis_error("Redis: " + printable(words)), code_(code_of(words)), words_(printable(words)) {}

bool redis_refusal::group_lost() const noexcept {
    return code_ == "NOGROUP" || code_ == "UNBLOCKED" || words_ == "ERR no such key";
}

bool redis_refusal::is_away() const noexcept {
    // Loading its data; a replica, after a failover; out of memory; unable to save; a cluster that is incomplete or
    // that moves its slots; too few replicas; no primary; busy with a script; a reader woken by a change of roles.
    static constexpr std::array<std::string_view, 10> codes{"LOADING",     "READONLY", "OOM",        "MISCONF",
                                                            "CLUSTERDOWN", "TRYAGAIN", "NOREPLICAS", "MASTERDOWN",
                                                            "BUSY",        "UNBLOCKED"};
    return std::ranges::find(codes, code_) != codes.end() || words_ == "ERR max number of clients reached";
}

bool is_away(const redis_error& e) noexcept {
    const auto* refusal = dynamic_cast<const redis_refusal*>(&e);
    return refusal != nullptr ? refusal->is_away() : dynamic_cast<const redis_lost*>(&e) != nullptr;
}

bool is_refused(const redisReply& reply) noexcept { return error_in(reply) != nullptr; }

void throw_if_error(const redisReply& reply) {
    if (const redisReply* e = error_in(reply)) throw redis_refusal({e->str, static_cast<std::size_t>(e->len)});
}

std::vector<stream_entry> entries_read(const redisReply& reply) {
    throw_if_error(reply);
    if (reply.type == REDIS_REPLY_NIL) return {};
    const auto streams = elements(reply);
    if (streams.size() != 1) throw redis_error("Redis: one stream was expected");
    const auto stream = elements(*streams[0]);
    if (stream.size() != 2) throw redis_error("Redis: a stream has a name and entries");
    return entries_in(*stream[1]);
}

std::vector<stream_entry> entries_listed(const redisReply& reply) {
    throw_if_error(reply);
    return entries_in(reply);
}

claimed_ids ids_claimed(const redisReply& reply) {
    throw_if_error(reply);
    const auto parts = elements(reply);
    if (parts.size() != 2 && parts.size() != 3) throw redis_error("Redis: XAUTOCLAIM answers with 2 or 3 elements");
    return {entry_id(*parts[0]), ids_in(*parts[1])};
}

std::vector<std::string> ids_renewed(const redisReply& reply) {
    throw_if_error(reply);
    return ids_in(reply);
}

std::vector<pending_entry> entries_pending(const redisReply& reply) {
    throw_if_error(reply);
    std::vector<pending_entry> out;
    for (const redisReply* row : elements(reply)) {
        const auto columns = elements(*row);  // id, consumer, idle milliseconds, deliveries
        if (columns.size() != 4) throw redis_error("Redis: a pending entry has 4 columns");
        static_cast<void>(text(*columns[1]));
        static_cast<void>(number(*columns[2]));
        out.push_back({entry_id(*columns[0]), number(*columns[3])});
    }
    return out;
}

std::optional<group_state> group_in(const redisReply& reply, std::string_view name) {
    throw_if_error(reply);
    for (const redisReply* one : elements(reply)) {
        const auto fields = fields_of(*one);
        const auto* group_name = value_of(fields, "name");
        if (group_name == nullptr || text(*group_name) != name) continue;
        const auto *lag = value_of(fields, "lag"), *pending = value_of(fields, "pending"),
                   *last = value_of(fields, "last-delivered-id");
        group_state out;
        if (lag != nullptr && lag->type == REDIS_REPLY_INTEGER) out.lag = number(*lag);
        if (pending != nullptr) out.pending = number(*pending);
        if (last != nullptr) out.last_delivered = entry_id(*last);
        return out;
    }
    return std::nullopt;
}

std::string last_id_in(const redisReply& reply) {
    throw_if_error(reply);
    const auto* last = value_of(fields_of(reply), "last-generated-id");
    if (last == nullptr) throw redis_error("Redis: a stream has a last id");
    return entry_id(*last);
}

std::string oldest_pending_in(const redisReply& reply) {
    throw_if_error(reply);
    const auto parts = elements(reply);  // number, oldest id, newest id, consumers
    if (parts.size() != 4) throw redis_error("Redis: XPENDING has four parts");
    return number(*parts[0]) == 0 ? std::string() : entry_id(*parts[1]);
}

double seconds_in(const redisReply& reply) {
    throw_if_error(reply);
    const auto parts = elements(reply);
    if (parts.size() != 2) throw redis_error("Redis: TIME has two parts");
    const auto seconds = number_in<std::uint64_t>(text(*parts[0])),
               more_us = number_in<std::uint64_t>(text(*parts[1]));
    if (!seconds || !more_us) throw redis_error("Redis: TIME has two numbers");
    return static_cast<double>(*seconds) + static_cast<double>(*more_us) / 1e6;
}

std::uint64_t count_in(const redisReply& reply) {
    throw_if_error(reply);
    return number(reply);
}

std::optional<std::string> value_in(const redisReply& reply) {
    if (reply.type == REDIS_REPLY_NIL) return std::nullopt;
    return std::string(text(reply));
}

std::vector<std::pair<std::string, std::string>> hash_in(const redisReply& reply) {
    std::vector<std::pair<std::string, std::string>> out;
    const auto fields = fields_of(reply);
    for (std::size_t i = 0; i < fields.size(); i += 2) out.emplace_back(text(*fields[i]), text(*fields[i + 1]));
    return out;
}

void throw_if_aborted(const redisReply& reply) {
    throw_if_error(reply);
    static_cast<void>(elements(reply));  // nil is no array: aborted
}

void append_command(std::string& out, const redis_command& command) {
    out += '*';
    out += std::to_string(command.size());
    for (const auto& word : command) {
        out += "\r\n$";
        out += std::to_string(word.size());
        out += "\r\n";
        out += word;
    }
    out += "\r\n";
}

}  // namespace pipebench

#include "redis/redis_reply.hpp"

#include "contracts/error.hpp"

#include <algorithm>

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

// hiredis creates the objects of a reply through a table of functions that all readers share and that it does not
// export. To add a limit, we copy the table of a reader, keep its function that creates arrays, replace that function
// in the copy by ours, and give the copy to the readers. (redisReader::maxelements would do, but Debian 12 has
// hiredis 0.14, and it exists only since 1.0.)

/// Count is deduced: it is int in hiredis 0.14, and size_t since 1.0.
template <class Count>
struct array_maker {
    using function = void* (*)(const redisReadTask*, Count);
    static inline function of_hiredis = nullptr;
    static void* with_limit(const redisReadTask* task, Count count) {
        return count <= static_cast<Count>(max_reply_elements) ? of_hiredis(task, count) : nullptr;
    }
};

template <class Count>
void put_limit_before(void* (*&make_array)(const redisReadTask*, Count)) {
    array_maker<Count>::of_hiredis = make_array;
    make_array = array_maker<Count>::with_limit;
}

redisReplyObjectFunctions with_limit(redisReplyObjectFunctions functions) {
    put_limit_before(functions.createArray);
    return functions;
}

}  // namespace

void limit_elements(redisReader& reader) {
    static redisReplyObjectFunctions limited =
        with_limit(*reader.fn);  // made once, from the first reader: all have the same table
    reader.fn = &limited;
}

std::string_view stream_entry::field(std::string_view name) const noexcept {
    for (const auto& [key, value] : fields)
        if (key == name) return value;
    return {};
}

redis_refusal::redis_refusal(std::string_view words)
    : redis_error("Redis: " + printable(words)), code_(words.substr(0, words.find(' '))) {}

void throw_if_error(const redisReply& reply) {
    if (reply.type == REDIS_REPLY_ERROR) throw redis_refusal({reply.str, static_cast<std::size_t>(reply.len)});
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

std::uint64_t count_in(const redisReply& reply) {
    throw_if_error(reply);
    return number(reply);
}

void throw_if_aborted(const redisReply& reply) {
    throw_if_error(reply);
    for (const redisReply* result : elements(reply)) throw_if_error(*result);  // nil is no array: aborted
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

#include "concurrency/redis_reply.hpp"

#include "pipebench/error.hpp"

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

std::vector<stream_entry> entries_in(const redisReply& list) {
    std::vector<stream_entry> out;
    for (const redisReply* item : elements(list)) {
        if (item->type == REDIS_REPLY_NIL) continue;  // 6.2, XAUTOCLAIM: the entry was deleted after its delivery
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

}  // namespace

std::string_view stream_entry::field(std::string_view name) const noexcept {
    for (const auto& [key, value] : fields)
        if (key == name) return value;
    return {};
}

void throw_if_error(const redisReply& reply) {
    if (reply.type == REDIS_REPLY_ERROR)
        throw redis_error("Redis: " + printable({reply.str, static_cast<std::size_t>(reply.len)}));
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

claimed_entries entries_claimed(const redisReply& reply) {
    throw_if_error(reply);
    const auto parts = elements(reply);
    if (parts.size() != 2 && parts.size() != 3) throw redis_error("Redis: XAUTOCLAIM answers with 2 or 3 elements");
    return {std::string(text(*parts[0])), entries_in(*parts[1])};
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

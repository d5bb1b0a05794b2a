// Property: parsing any reply of Redis gives a value or a redis_error, and takes memory in proportion to the bytes
// received.
#include "fuzz.hpp"

#include "redis/redis_reply.hpp"
#include "redis/reply_reader.hpp"

using namespace pipebench;

namespace {

// Every parser of replies. Add new ones here.
constexpr void (*parsers[])(const redisReply&) = {
    [](const redisReply& r) { throw_if_error(r); },       [](const redisReply& r) { (void)entries_read(r); },
    [](const redisReply& r) { (void)entries_listed(r); }, [](const redisReply& r) { (void)ids_claimed(r); },
    [](const redisReply& r) { (void)ids_renewed(r); },    [](const redisReply& r) { (void)entries_pending(r); },
    [](const redisReply& r) { (void)count_in(r); },       [](const redisReply& r) { (void)group_in(r, "g"); },
    [](const redisReply& r) { (void)last_id_in(r); },
};

void give_to_all(const redisReply& reply) {
    for (const auto parse : parsers) try {
            parse(reply);
        } catch (const redis_error& e) {
            fuzz::require(!fuzz::has_control(e.what()), "an error of the server's commands no terminal");
        }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    reply_reader reader;
    try {
        reader.take({reinterpret_cast<const char*>(data), size});
        while (const auto reply = reader.next()) give_to_all(*reply);
    } catch (const redis_lost&) {
    }
    return 0;
}

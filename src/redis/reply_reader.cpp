#include "redis/reply_reader.hpp"

#include <new>

namespace pipebench {
namespace {

// hiredis creates the objects of a reply through a table of functions that all readers share and that it does not
// export. To add limits, we copy the table of a reader, keep its function that creates arrays, replace that function
// in the copy by ours, and give the copy to the readers. (redisReader::maxelements would do for the elements, but
// Debian 12 has hiredis 0.14, and it exists only since 1.0.)

bool is_too_deep(const redisReadTask* task) {
    std::size_t depth = 0;
    for (; task != nullptr; task = task->parent) ++depth;
    return depth > reply_reader::max_depth;
}

/// Count is deduced: it is int in hiredis 0.14, and size_t since 1.0.
template <class Count>
struct array_maker {
    using function = void* (*)(const redisReadTask*, Count);
    static inline function of_hiredis = nullptr;
    static void* with_limits(const redisReadTask* task, Count count) {
        const bool too_many = count > static_cast<Count>(reply_reader::max_elements);
        return too_many || is_too_deep(task) ? nullptr : of_hiredis(task, count);
    }
};

template <class Count>
void put_limits_before(void* (*&make_array)(const redisReadTask*, Count)) {
    array_maker<Count>::of_hiredis = make_array;
    make_array = array_maker<Count>::with_limits;
}

redisReplyObjectFunctions with_limits(redisReplyObjectFunctions functions) {
    put_limits_before(functions.createArray);
    return functions;
}

redisReader* make_reader() {
    redisReader* reader = redisReaderCreate();
    if (reader == nullptr) throw std::bad_alloc();
    static redisReplyObjectFunctions limited =
        with_limits(*reader->fn);  // made once, from the first reader: all have the same table
    reader->fn = &limited;
    return reader;
}

}  // namespace

reply_reader::reply_reader() : reader_(make_reader()) {}

void reply_reader::start_over() {
    reader_.reset(make_reader());
    received_ = 0;
}

void reply_reader::take(std::string_view bytes) {
    received_ += bytes.size();
    if (received_ > max_exchange_bytes) throw redis_lost("Redis: the reply is too large");
    if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK)
        throw redis_lost("Redis: not a Redis protocol reply");
}

redis_reply reply_reader::next() {
    void* reply = nullptr;
    if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) throw redis_lost("Redis: not a Redis protocol reply");
    return redis_reply(static_cast<redisReply*>(reply));
}

}  // namespace pipebench

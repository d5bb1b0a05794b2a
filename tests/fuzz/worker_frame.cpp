// A worker process with corrupted memory may send anything. Property: a message of the wrong size is refused, one of
// the right size arrives unchanged, and an outcome with an unknown stage or kind counts as the death of the worker.
#include "fuzz.hpp"

#include "concurrency/worker_process.hpp"
#include "contracts/recorder.hpp"

#include <sys/socket.h>

#include <array>
#include <cstring>

using namespace pipebench;
using fuzz::require;

namespace {

struct finished {  // as in patterns/process_pool.cpp
    order_id id;
    outcome result;
};
using largest = std::array<std::byte, message_channel::max_message>;

struct channel_pair {
    channel_pair() {
        std::array<int, 2> ends{};
        require(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0, "there is a socket");
        worker = descriptor(ends[0]);
        parent = message_channel(descriptor(ends[1]));
    }
    descriptor worker;
    message_channel parent;
};

template <class Message>
std::optional<Message> sent_through(const channel_pair& c, const std::uint8_t* data, std::size_t size) {
    require(::send(c.worker.get(), data, size, 0) == static_cast<ssize_t>(size), "the message is sent");
    const auto received = c.parent.receive<Message>();
    require(received.has_value() == (size == sizeof(Message)), "a message of another size is none");
    if (received) require(std::memcmp(&*received, data, size) == 0, "a message arrives as it was sent");
    return received;
}

void record(const finished& done) {
    constexpr auto at = static_cast<std::size_t>(stage::schedule);
    constexpr auto kind = static_cast<std::size_t>(error_kind::worker_died);
    auto out = recorder::create(8);
    out.log().end({done.id, {}}, done.result);
    const auto p = out.read();
    require(p.ended() == (done.id >= 1 && done.id <= 8 ? 1 : 0), "one message ends one order");
    std::uint64_t failures = 0;
    for (const auto& of_stage : p.failures)
        for (const auto n : of_stage) failures += n;
    require(failures == p.failed, "every failure has a stage and a kind");
    if (p.ended() == 1 && !is_valid(done.result))
        require(p.failures[at][kind] == 1, "an outcome that is none is the death of a worker");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const channel_pair channel;
    if (size == 0 || size > 4096) return 0;  // an empty message means the end of the channel
    (void)sent_through<order_id>(channel, data, size);
    (void)sent_through<largest>(channel, data, size);
    if (const auto done = sent_through<finished>(channel, data, size)) record(*done);
    return 0;
}

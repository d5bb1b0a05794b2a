// The two messages of an order between a process pool and its worker: four system calls, without the switch from one
// process to the other, which comes on top when the other was asleep.
#include "concurrency/worker_process.hpp"
#include "micro/measure.hpp"
#include "pipebench/order.hpp"
#include "pipebench/outcome.hpp"

#include <sys/socket.h>

#include <catch2/catch_test_macros.hpp>

#include <array>

using namespace pipebench;
using namespace pipebench::bench;

namespace {

/// As large as what a worker answers with.
struct answer {
    order_id id;
    outcome result;
    std::uint32_t unused = 0;
};

}  // namespace

TEST_CASE("an order's messages over a channel", "[message_channel]") {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
    const message_channel pool(descriptor{ends[0]}), worker(descriptor{ends[1]});
    const auto used = measure({"message_channel: an order and its answer"}, [&](std::size_t i) {
        pool.send(order_id{i});
        worker.send(answer{worker.receive<order_id>().value(), {}});
        return pool.receive<answer>().value();
    });
    REQUIRE(used.allocations == 0);
}

// The queue of the thread pool, through which every order goes: what its lock costs when nobody else wants it, and what
// it costs to wake a thread that waits at the other end.
#include "concurrency/bounded_queue.hpp"
#include "micro/measure.hpp"
#include "pipebench/order.hpp"

#include <catch2/catch_test_macros.hpp>

#include <thread>

using namespace pipebench;
using namespace pipebench::bench;

namespace {

constexpr std::size_t capacity = 200;

/// A thread that sends back what it is sent.
class echo {
public:
    order_id operator()(order_id id) {
        there_.push(id);
        return back_.pop().value();
    }
    ~echo() { there_.close(); }

private:
    bounded_queue<order_id> there_{capacity}, back_{capacity};
    std::jthread thread_{[this] {
        while (const auto id = there_.pop()) back_.push(*id);
    }};
};

}  // namespace

TEST_CASE("a queue that nobody waits at", "[queue]") {
    bounded_queue<order_id> queue(capacity);
    for (order_id id = 1; id <= capacity / 2; ++id) queue.push(id);
    measure({"bounded_queue: push() and pop(), one thread"}, [&](std::size_t i) {
        queue.push(i);
        return queue.pop();
    });
}

TEST_CASE("a queue at whose other end a thread waits", "[queue]") {
    echo other;
    measure({"bounded_queue: there and back, two threads"}, [&](std::size_t i) { return other(i); });
}

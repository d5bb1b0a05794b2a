// A producer at a full queue is woken late, to save context switches, but must be woken: if consumers stop at half,
// no later take would wake it. (coroutines_test.cpp has more tests of the queue.)
#include "concurrency/bounded_queue.hpp"

#include "support/command.hpp"

#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <vector>

using namespace pipebench;
using namespace std::chrono_literals;

namespace {

constexpr auto limit = 20s;

/// Whether this thread of the process is blocked.
bool is_asleep(pid_t thread) {
    const auto text = test::read_file(fmt::format("/proc/self/task/{}/stat", thread));
    const auto name_ends = text.rfind(')');
    return name_ends != std::string::npos && text.substr(name_ends, 3) == ") S";
}

/// Pushes in another thread, which waits for room when the constructor returns.
class waiting_producer {
public:
    waiting_producer(bounded_queue<int>& queue, int item)
        : queue_(queue), got_in_(promise_.get_future()), thread_([this, item] {
              id_ = ::gettid();
              promise_.set_value(queue_.push(item));
          }) {
        CHECK(test::comes_true([this] { return id_ != 0 && is_asleep(id_); }, limit));
    }
    waiting_producer(const waiting_producer&) = delete;
    waiting_producer& operator=(const waiting_producer&) = delete;
    ~waiting_producer() {
        if (!is_in_) queue_.close();  // so that join() returns even if the thread was not woken
    }

    /// Whether its item is in the queue within the limit.
    [[nodiscard]] bool gets_in() {
        is_in_ = got_in_.wait_for(limit) == std::future_status::ready && got_in_.get();
        return is_in_;
    }

private:
    bounded_queue<int>& queue_;
    bool is_in_ = false;
    std::atomic<pid_t> id_ = 0;
    std::promise<bool> promise_;
    std::future<bool> got_in_;
    std::jthread thread_;
};

void fill(bounded_queue<int>& queue, std::size_t number) {
    for (std::size_t i = 0; i < number; ++i) REQUIRE(queue.push(static_cast<int>(i)));
}

/// Takes so many items; empty if they do not all come within the limit.
std::vector<int> take(bounded_queue<int>& queue, std::size_t number) {
    auto taken = std::async(std::launch::async, [&queue, number] {
        std::vector<int> out;
        for (std::size_t i = 0; i < number; ++i)
            if (const auto item = queue.pop()) out.push_back(*item);
        return out;
    });
    const bool in_time = taken.wait_for(limit) == std::future_status::ready;
    if (!in_time) queue.close();
    const auto items = taken.get();
    return in_time ? items : std::vector<int>{};
}

}  // namespace

TEST_CASE("a producer that waits at a full queue gets in once half of it is taken", "[bounded_queue]") {
    const std::size_t capacity = GENERATE(1u, 2u, 3u, 4u, 5u, 10u, 101u);
    CAPTURE(capacity);
    for (int round = 0; round < 5; ++round) {
        bounded_queue<int> queue(capacity);
        fill(queue, capacity);
        waiting_producer producer(queue, -1);
        REQUIRE(take(queue, capacity - capacity / 2).size() == capacity - capacity / 2);
        REQUIRE(producer.gets_in());
        // In order, after the earlier items.
        const auto rest = take(queue, capacity / 2 + 1);
        REQUIRE(rest.size() == capacity / 2 + 1);
        CHECK(rest.back() == -1);
    }
}

TEST_CASE("a queue of one lets a producer in at every item that is taken", "[bounded_queue]") {
    bounded_queue<int> queue(1);
    REQUIRE(queue.push(0));
    for (int item = 1; item <= 20; ++item) {
        waiting_producer producer(queue, item);
        REQUIRE(take(queue, 1) == std::vector<int>{item - 1});
        REQUIRE(producer.gets_in());
    }
}

TEST_CASE("several producers that wait get in as room is made, and none is forgotten", "[bounded_queue]") {
    bounded_queue<int> queue(4);
    fill(queue, 4);
    std::vector<std::unique_ptr<waiting_producer>> producers;
    for (int item = 4; item < 8; ++item) producers.push_back(std::make_unique<waiting_producer>(queue, item));
    auto taken = take(queue, 8);
    for (auto& producer : producers) CHECK(producer->gets_in());
    std::sort(taken.begin(), taken.end());  // threads may be woken in any order
    CHECK(taken == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7});
}

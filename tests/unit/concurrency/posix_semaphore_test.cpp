#include "concurrency/posix_semaphore.hpp"

#include <catch2/catch_test_macros.hpp>

#include <thread>

using namespace pipebench;
using namespace std::chrono_literals;

TEST_CASE("a semaphore lets a wait through for each post", "[posix_semaphore]") {
    posix_semaphore semaphore;
    const auto now = posix_semaphore::clock::now();
    CHECK_FALSE(semaphore.wait_until(now));
    semaphore.post();
    semaphore.post();
    CHECK(semaphore.wait_until(now - 1h));  // without waiting
    semaphore.wait();
    CHECK_FALSE(semaphore.wait_until(now + 1ms));
    CHECK(posix_semaphore::clock::now() >= now + 1ms);
}

TEST_CASE("a post wakes up a thread that waits", "[posix_semaphore]") {
    posix_semaphore asked, answered;
    std::thread other([&] {
        asked.wait();
        answered.post();
    });
    asked.post();
    CHECK(answered.wait_until(posix_semaphore::clock::now() + 20s));
    other.join();
}

// Threads that cannot start, or fail, must end the run with a message, and neither hang nor abort it.
#include "concurrency/worker_threads.hpp"

#include "contracts/error.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <latch>
#include <stdexcept>
#include <string_view>

using namespace pipebench;

namespace {

/// Blocks its callers until it is opened.
struct gate {
    std::atomic<bool> open{false};
    void pass() const { open.wait(false); }
    void let_all_pass() {
        open = true;
        open.notify_all();
    }
};

}  // namespace

TEST_CASE("every thread runs the body", "[worker_threads]") {
    std::latch all(5);
    worker_threads workers(
        5, [&] { all.arrive_and_wait(); }, [] {});
    workers.join();
    CHECK(all.try_wait());
}

TEST_CASE("an exception of one thread ends the others, and comes out of join", "[worker_threads]") {
    gate end;
    std::atomic<int> entered{0};
    worker_threads workers(
        3,
        [&] {
            if (entered++ == 1) throw std::runtime_error("the second");
            end.pass();
        },
        [&] { end.let_all_pass(); });
    CHECK_THROWS_WITH(workers.join(), "the second");
}

TEST_CASE("threads that are not joined are ended by the destructor", "[worker_threads]") {
    gate end;
    worker_threads workers(
        3, [&] { end.pass(); }, [&] { end.let_all_pass(); });
    SUCCEED();
}

TEST_CASE("a thread that cannot start is one line with its limits, and the others have ended", "[worker_threads]") {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    SKIP("a sanitizer reserves more address space than the limit that this test sets");
#endif
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const rlimit little{512u << 20, 512u << 20};
        if (::setrlimit(RLIMIT_AS, &little) != 0) ::_exit(2);
        gate end;
        try {
            worker_threads workers(
                10'000, [&] { end.pass(); }, [&] { end.let_all_pass(); });
        } catch (const setup_error& e) {
            const std::string_view what = e.what();
            ::_exit(what.starts_with("cannot start thread ") && what.find(" of 10000: ") != what.npos &&
                            what.find("ulimit -v") != what.npos
                        ? 0
                        : 3);
        } catch (...) {
            ::_exit(4);
        }
        ::_exit(5);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
}

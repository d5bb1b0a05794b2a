// Which CPU time is sampled, and in which section. Sampling cannot be stopped, so each test forks a process.
#include "concurrency/section_sampler.hpp"

#include "concurrency/event_loop.hpp"
#include "contracts/recorder.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <functional>
#include <stdexcept>
#include <thread>

using namespace pipebench;
using namespace std::chrono_literals;

namespace {

using steady = std::chrono::steady_clock;
using counts = std::array<std::uint64_t, cpu_section_count>;

constexpr auto limit = 10s;
constexpr unsigned longest_life_s = 60;  ///< of a forked process
constexpr auto many_samples_worth = 100ms;

std::uint64_t of(const counts& all, cpu_section s) { return all.at(static_cast<std::size_t>(s)); }

/// Uses the CPU until there is a sample of the section or the limit has passed.
void work_until_sampled(const recorder& record, cpu_section s) {
    const auto end = steady::now() + limit;
    while (of(record.samples(), s) == 0 && steady::now() < end) {
    }
}

std::chrono::nanoseconds cpu_of_this_thread() {
    timespec used{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

/// Uses enough CPU for many samples.
void work_for_long() {
    const auto end = cpu_of_this_thread() + many_samples_worth;
    while (cpu_of_this_thread() < end) {
    }
}

/// Forks, with a time limit.
template <class Body>
int exit_code_of(const Body& body) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::alarm(longest_life_s);
        try {
            body();
        } catch (...) {
            ::_exit(1);
        }
        ::_exit(0);
    }
    int status = -1;
    if (pid < 0 || ::waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) return -1;
    return WEXITSTATUS(status);
}

/// The samples of each section in a process with sampling, after `body` has returned.
counts samples_of(const std::function<void(recorder&)>& body) {
    auto record = recorder::create(1);
    REQUIRE(exit_code_of([&] {
                const section_sampling sampling(record);
                body(record);
            }) == 0);
    return record.samples();
}

}  // namespace

TEST_CASE("a thread that asks for it is sampled as what it says it works for", "[section_sampler]") {
    const auto seen = samples_of([](recorder& record) {
        work_for(cpu_section::transform);
        sample_this_thread();
        work_until_sampled(record, cpu_section::transform);
    });
    CHECK(of(seen, cpu_section::transform) > 0);
    for (const auto s : {cpu_section::scheduling, cpu_section::fetch, cpu_section::store}) CHECK(of(seen, s) == 0);
}

TEST_CASE("what a thread works for is told anew at any time, and is scheduling at first", "[section_sampler]") {
    const auto seen = samples_of([](recorder& record) {
        sample_this_thread();
        work_until_sampled(record, cpu_section::scheduling);
        for (const auto s : {cpu_section::store, cpu_section::fetch}) {
            work_for(s);
            work_until_sampled(record, s);
        }
    });
    for (const auto s : {cpu_section::scheduling, cpu_section::store, cpu_section::fetch}) CHECK(of(seen, s) > 0);
    CHECK(of(seen, cpu_section::transform) == 0);
}

TEST_CASE("a thread that did not ask for it is not sampled, however much it does", "[section_sampler]") {
    const auto seen = samples_of([](recorder& record) {
        work_for(cpu_section::transform);
        work_for_long();
        work_for(cpu_section::fetch);
        sample_this_thread();
        work_until_sampled(record, cpu_section::fetch);
    });
    CHECK(of(seen, cpu_section::transform) == 0);
    CHECK(of(seen, cpu_section::fetch) > 0);  // otherwise the test would prove nothing
}

TEST_CASE("what one thread asks for is for itself alone", "[section_sampler]") {
    const auto seen = samples_of([](recorder& record) {
        work_for(cpu_section::store);
        sample_this_thread();
        std::thread([] {
            work_for(cpu_section::transform);
            work_for_long();
        }).join();
        std::thread([&record] {
            work_for(cpu_section::fetch);
            sample_this_thread();
            work_until_sampled(record, cpu_section::fetch);
        }).join();
        work_until_sampled(record, cpu_section::store);
    });
    CHECK(of(seen, cpu_section::transform) == 0);
    CHECK(of(seen, cpu_section::fetch) > 0);
    CHECK(of(seen, cpu_section::store) > 0);
}

TEST_CASE("to ask again changes nothing, and the timer of a thread ends with it", "[section_sampler]") {
    const auto seen = samples_of([](recorder& record) {
        std::thread([&record] {
            work_for(cpu_section::fetch);
            for (int time = 0; time < 3; ++time) sample_this_thread();
            work_until_sampled(record, cpu_section::fetch);
        }).join();
        work_for(cpu_section::transform);
        work_for_long();
        // The next thread may get the id and the memory of this one.
        std::thread([] {
            work_for(cpu_section::transform);
            work_for_long();
        }).join();
    });
    CHECK(of(seen, cpu_section::fetch) > 0);
    CHECK(of(seen, cpu_section::transform) == 0);
}

TEST_CASE("a forked process is sampled from when it asks for it, whatever its parent had", "[section_sampler]") {
    const auto seen = samples_of([](recorder& record) {
        work_for(cpu_section::store);
        sample_this_thread();
        const int code = exit_code_of([&record] {
            work_for(cpu_section::transform);
            work_for_long();
            work_for(cpu_section::fetch);
            sample_this_thread();
            work_until_sampled(record, cpu_section::fetch);
        });
        if (code != 0) throw std::runtime_error("the fork has failed");
        work_until_sampled(record, cpu_section::store);
    });
    CHECK(of(seen, cpu_section::transform) == 0);
    CHECK(of(seen, cpu_section::fetch) > 0);
    CHECK(of(seen, cpu_section::store) > 0);  // and its parent is still sampled
}

TEST_CASE("an event loop is at its scheduling again after each handler", "[section_sampler]") {
    const auto seen = samples_of([](recorder& record) {  // who has not asked: it counts what it sees itself
        run_event_loop([&record]() -> task<> {
            const executor loop = co_await asio::this_coro::executor;
            work_for(cpu_section::transform);
            record.count_sample(section_at_work());
            co_await asio::post(loop, use_task);
            record.count_sample(section_at_work());
        });
    });
    CHECK(of(seen, cpu_section::transform) == 1);
    CHECK(of(seen, cpu_section::scheduling) == 1);
}

TEST_CASE("where nothing is to be sampled, asking for it does nothing", "[section_sampler]") {
    REQUIRE_FALSE(sections_are_sampled());
    CHECK(exit_code_of([] {
              sample_this_thread();  // an unhandled SIGPROF would kill the process
              work_for_long();
          }) == 0);
    CHECK(exit_code_of([] {
              auto record = recorder::create(1);
              const section_sampling sampling(record);
              if (!sections_are_sampled()) throw std::runtime_error("they are not");
          }) == 0);
    CHECK_FALSE(sections_are_sampled());
}

// Waits of the main thread: what ends them.
#include "system/patience.hpp"

#include "system/output_pipe.hpp"

#include <catch2/catch_test_macros.hpp>
#include <poll.h>

#include <csignal>

using namespace pipebench;
using namespace std::chrono_literals;

namespace {

patience::clock::time_point in(std::chrono::milliseconds time) { return patience::clock::now() + time; }

}  // namespace

TEST_CASE("a wait ends when its descriptor is ready, and else at its limit", "[patience]") {
    const auto pipe = make_pipe();
    CHECK(patience().wait(pipe.read_end.get(), POLLIN, in(1ms)) == wait_end::timed_out);
    CHECK(patience().wait(pipe.write_end.get(), POLLOUT, in(1h)) == wait_end::ready);
    CHECK(patience().wait(-1, 0, in(1ms)) == wait_end::timed_out);
}

TEST_CASE("what is ready at once is read even if the limit has passed", "[patience]") {
    const auto pipe = make_pipe();
    CHECK(patience().wait(pipe.write_end.get(), POLLOUT, in(-1ms)) == wait_end::ready);
}

TEST_CASE("without a grace the first signal ends a wait", "[patience]") {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        CAPTURE(signal);
        signal_watch signals;
        const auto pipe = make_pipe();
        const patience p(signals, 0s);
        CHECK_FALSE(p.is_over());
        std::raise(signal);
        CHECK(p.wait(pipe.read_end.get(), POLLIN, in(1h)) == wait_end::interrupted);
        CHECK(p.is_over());
        CHECK(signals.first() == signal);
    }
}

TEST_CASE("after a signal the waits have the grace together; a second signal ends them", "[patience]") {
    signal_watch signals;
    const patience p(signals, 10ms);
    std::raise(SIGINT);
    CHECK(p.wait(-1, 0, in(1h)) == wait_end::interrupted);  // ends when the 10 ms are over
    const patience long_one(signals, 1h);
    CHECK_FALSE(long_one.is_over());
    std::raise(SIGTERM);
    CHECK(long_one.wait(-1, 0, in(1h)) == wait_end::interrupted);
}

TEST_CASE("a hangup that was ignored before stays ignored", "[patience]") {
    const auto before = std::signal(SIGHUP, SIG_IGN);
    signal_watch signals;
    std::raise(SIGHUP);
    signals.poll();
    CHECK(signals.count() == 0);
    std::signal(SIGHUP, before);
}

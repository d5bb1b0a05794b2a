// How long orders wait for a connection: also over several attempts to open it, but not while nobody needs it.
#include "pipeline/connection_wait.hpp"

#include <catch2/catch_test_macros.hpp>

#include <memory>

using namespace pipebench;
using namespace std::chrono_literals;

namespace {

struct watched {
    std::unique_ptr<findings_state> state = std::make_unique<findings_state>();
    connection_wait wait{run_findings(*state)};
    [[nodiscard]] std::chrono::nanoseconds longest() const {
        return std::chrono::nanoseconds(state->longest_connection_wait_ns);
    }
};
constexpr connection_wait::time_point start{std::chrono::hours(1)};

}  // namespace

TEST_CASE("a wait lasts from the first order that needs the connection until it answers", "[connection_wait]") {
    watched w;
    w.wait.begin(start);
    w.wait.begin(start + 20s);  // another order
    w.wait.end(start + 30s);
    CHECK(w.longest() == 30s);
    w.wait.end(start + 99s);
    CHECK(w.longest() == 30s);
}

TEST_CASE("a wait goes on over attempts that fail", "[connection_wait]") {
    watched w;
    w.wait.begin(start);
    w.wait.miss(start + 1s);
    CHECK(w.longest() == 1s);
    w.wait.begin(start + 3s);
    w.wait.end(start + 4s);
    CHECK(w.longest() == 4s);
}

TEST_CASE("time in which nobody needs the connection is not waited for", "[connection_wait]") {
    watched w;
    w.wait.begin(start);
    w.wait.miss(start + 1s);
    w.wait.begin(start + 100s);
    w.wait.end(start + 102s);
    CHECK(w.longest() == 2s);
}

TEST_CASE("a connection that is lost before anybody needs it is no wait", "[connection_wait]") {
    watched w;
    w.wait.miss(start);
    w.wait.end(start + 9s);
    CHECK(w.longest() == 0s);
}

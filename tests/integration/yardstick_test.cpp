// The yardstick on this machine, beside a real PostgreSQL. How long it takes is not checked, only that it is complete,
// and that nothing of it is left.
#include "measure/yardstick.hpp"

#include "support/services.hpp"

#include <catch2/catch_test_macros.hpp>

#include <sched.h>
#include <sys/wait.h>

#include <cmath>
#include <filesystem>
#include <iterator>

using namespace pipebench;

namespace {

std::size_t open_descriptors() {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

cpu_set_t cores() {
    cpu_set_t out;
    CPU_ZERO(&out);
    REQUIRE(::sched_getaffinity(0, sizeof out, &out) == 0);
    return out;
}

}  // namespace

TEST_CASE("every piece of the yardstick has its times, and nothing of it is left", "[yardstick]") {
    const yardstick box(test::postgres(), patience());
    const auto descriptors = open_descriptors();
    const auto before = cores();
    const auto seen = box.measure();
    CHECK(seen.version == yardstick_version);
    REQUIRE(seen.pieces.size() == 5);
    const char* const names[] = {"loop", "calls", "memory", "messages", "statements"};
    for (std::size_t i = 0; i < seen.pieces.size(); ++i) {
        CAPTURE(names[i]);
        CHECK(seen.pieces[i].name == names[i]);
        CHECK(seen.pieces[i].cpu_us > 0);
        CHECK(seen.pieces[i].elapsed_us > 0);
    }
    CHECK(open_descriptors() == descriptors);
    const auto after = cores();
    CHECK(CPU_EQUAL(&before, &after) != 0);
    CHECK(::waitpid(-1, nullptr, WNOHANG) <= 0);  // no child has ended unseen
}

TEST_CASE("without a PostgreSQL that answers, its piece is not known, and the others are", "[yardstick]") {
    const yardstick box("host=127.0.0.1 port=1 dbname=none", patience());
    const auto seen = box.measure();
    REQUIRE(seen.pieces.size() == 5);
    CHECK(std::isnan(seen.pieces[4].cpu_us));
    CHECK(std::isnan(seen.pieces[4].elapsed_us));
    CHECK(seen.pieces[3].elapsed_us > 0);
}

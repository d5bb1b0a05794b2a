// The verdict is the one word of a row that everybody reads. Where more than one thing is wrong, the worse is told.
#include "measure/verdict.hpp"

#include <catch2/catch_test_macros.hpp>

#include <functional>
#include <vector>

using namespace pipebench;

namespace {

constexpr verdict_context two_cores() {
    verdict_context c;
    c.cores = 2;
    return c;
}

/// 100 orders stored in 10 s, well above the floor, on a box that is mostly idle.
run_result good_run() {
    run_result r;
    r.orders = r.stored = 100;
    r.time_s = 10;
    r.floor_s = 5;
    r.efficiency = 0.5;
    r.cpu.user_s = 1;
    return r;
}

verdict judged(const std::function<void(run_result&)>& change, const verdict_context& context = two_cores()) {
    auto run = good_run();
    change(run);
    return judge(run, context);
}

bool is(const verdict& v, bool trusted, std::string_view text) {
    CAPTURE(v.text);
    CHECK(v.trusted == trusted);
    CHECK(v.text == text);
    return v.trusted == trusted && v.text == text;
}

}  // namespace

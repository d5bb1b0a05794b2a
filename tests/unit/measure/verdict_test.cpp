// The verdict is the one word of a row that everybody reads. Where more than one thing is true, the worst is told.
#include "measure/verdict.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>

using namespace pipebench;

namespace {

/// All that a verdict is made of.
struct evidence {
    run_result run;
    verdict_context context;
    [[nodiscard]] verdict judged() const { return judge(run, context); }
};

/// 100 orders stored in 10 s, far above the floor, on a box that is mostly idle.
evidence good() {
    evidence e;
    e.context.cores = 2;
    e.run.orders = e.run.stored = 100;
    e.run.time_s = 10;
    e.run.floor_s = 5;
    e.run.efficiency = 0.5;
    e.run.cpu.user_s = 1;
    return e;
}

struct finding {
    void (*happens)(evidence&);
    bool trusted;
    const char* text;
};

/// The worst first.
constexpr std::array findings{
    finding{[](evidence& e) { e.run.ledger.lost = 3; }, false, "INVALID: 3 lost"},
    finding{[](evidence& e) { e.run.interrupted = true, e.run.stored = 30, e.run.failed = 10; }, false,
            "interrupted after 40 of 100 orders"},
    finding{[](evidence& e) { e.run.failed = 100, e.run.stored = 0; }, false, "INVALID: every order failed"},
    finding{[](evidence& e) { e.run.floor_s = 12; }, false, "INVALID: below its floor"},
    finding{[](evidence& e) { e.context.build.sanitizers = "address"; }, false, "INVALID: sanitizer build"},
    finding{[](evidence& e) { e.context.build.type = "Debug"; }, false, "INVALID: debug build"},
    finding{[](evidence& e) {
                e.run.failed = 7, e.run.stored = 93;
                e.run.failures = {{"store", "database", 2}, {"fetch", "timeout", 5}};
            },
            true, "7 % failed, mostly fetch timeout"},
    finding{[](evidence& e) { e.run.efficiency = 0.95; }, true, "ok, at its floor"},
    finding{[](evidence& e) { e.run.cpu.user_s = 18; }, true, "ok, box full: run 90 %"},
};

void check(const evidence& e, const finding& expected) {
    const auto v = e.judged();
    CHECK(v.text == expected.text);
    CHECK(v.trusted == expected.trusted);
}

}  // namespace

TEST_CASE("a run with nothing to say about it is ok", "[verdict]") { check(good(), {nullptr, true, "ok"}); }

TEST_CASE("each finding is told", "[verdict]") {
    for (const auto& f : findings) {
        auto e = good();
        f.happens(e);
        check(e, f);
    }
}

TEST_CASE("orders that failed early do not put an honest run below its floor", "[verdict]") {
    auto e = good();
    e.run.floor_s = 15;
    e.run.stored = e.run.failed = 50;
    CHECK(e.judged().text == "50 % failed");
    e.run.floor_s = 21;
    CHECK(e.judged().text == "INVALID: below its floor");
}

TEST_CASE("of any two findings the worse is told", "[verdict]") {
    for (std::size_t worse = 0; worse < findings.size(); ++worse)
        for (std::size_t other = worse + 1; other < findings.size(); ++other) {
            auto e = good();
            findings[other].happens(e);
            findings[worse].happens(e);
            CAPTURE(findings[other].text);
            check(e, findings[worse]);
        }
}

TEST_CASE("a ledger that does not balance says in what", "[verdict]") {
    auto e = good();
    e.run.ledger.lost = 1;
    e.run.ledger.corrupt = 2;
    e.run.ledger.unexpected = 3;
    CHECK(e.judged().text == "INVALID: 1 lost, 2 corrupt, 3 unexpected");
    e.run.ledger.lost = 0;
    e.run.ledger.corrupt = 0;
    CHECK(e.judged().text == "INVALID: 3 unexpected");
}

TEST_CASE("what was recovered or delivered twice is in the ledger, and balanced", "[verdict]") {
    auto e = good();
    e.run.ledger.recovered = e.run.ledger.redelivered = 5;
    CHECK(e.judged().text == "ok");
}

TEST_CASE("jitter may bring a run a little below its floor, and no more", "[verdict]") {
    auto e = good();
    e.context.floor_tolerance = 0.05;
    e.run.floor_s = 10.5;
    CHECK(e.judged().trusted);
    e.run.floor_s = 10.6;
    CHECK_FALSE(e.judged().trusted);
    e.context.floor_tolerance = 0;
    e.run.floor_s = 10;  // exactly at it is possible
    CHECK(e.judged().trusted);
}

TEST_CASE("a share of failures is given in two digits, also where none of them was named", "[verdict]") {
    auto e = good();
    e.run.orders = 100'000;
    e.run.failed = 123;
    CHECK(e.judged().text == "0.12 % failed");
    e.run.failed = 99'000;
    CHECK(e.judged().text == "99 % failed");
}

TEST_CASE("a box is full of everything that we started, and says who had which share", "[verdict]") {
    auto e = good();
    e.run.cpu = {8, 2, 0};
    e.run.services = {{"mock-api", 3, 0}, {"postgres", 4.8, 0}};
    CHECK(e.judged().text == "ok");
    e.run.harness_cpu_s = 0.3;  // the harness itself tips it
    CHECK(e.judged().text == "ok, box full: run 50 %, mock-api 15 %, postgres 24 %");
    e.context.cores = 4;
    CHECK(e.judged().text == "ok");
}

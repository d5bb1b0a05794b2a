// The spans of a trace in the memory of a run. Patterns can only be compared if they trace the same orders, and what a
// killed process had written must not be lost with it.
#include "contracts/recorder.hpp"
#include "contracts/span_log.hpp"

#include <catch2/catch_test_macros.hpp>

#include <unistd.h>

#include <algorithm>

using namespace pipebench;

namespace {

std::uint64_t taken_of(const trace_sampling& sampling, std::uint64_t orders) {
    std::uint64_t taken = 0;
    for (order_id id = 1; id <= orders; ++id)
        if (sampling.takes(id)) ++taken;
    return taken;
}

}  // namespace

TEST_CASE("a sample holds its share of the orders, and follows from order and seed alone", "[span]") {
    const auto sampling = sample_of(0.01, 42);
    const auto taken = taken_of(sampling, 100'000);
    CHECK(taken > 850);
    CHECK(taken < 1150);
    CHECK(taken_of(sample_of(1, 42), 1'000) == 1'000);
    std::uint64_t alike = 0;
    for (order_id id = 1; id <= 100'000; ++id) {
        CHECK(sampling.takes(id) == sample_of(0.01, 42).takes(id));
        if (sampling.takes(id) && sample_of(0.01, 43).takes(id)) ++alike;
    }
    CHECK(alike < taken / 10);  // another seed takes others
}

TEST_CASE("a larger sample holds a smaller one", "[span]") {
    for (order_id id = 1; id <= 10'000; ++id)
        if (sample_of(0.01, 42).takes(id)) CHECK(sample_of(0.1, 42).takes(id));
}

TEST_CASE("whoever shares the record of a traced run adds to its spans", "[span]") {
    auto record = recorder::create(100, sample_of(1, 42));
    auto shared = recorder::attach(::dup(record.descriptor()));
    record.findings().spans().add({.order = 7, .begin_ns = 1, .end_ns = 2, .what = span_kind::fetch});
    shared.findings().spans().add({.order = 8, .begin_ns = 3, .end_ns = 4, .what = span_kind::store});
    const auto kept = record.spans();
    REQUIRE(kept.spans.size() == 2);
    CHECK(kept.spans[1] ==
          span{.order = 8, .begin_ns = 3, .end_ns = 4, .process = ::getpid(), .what = span_kind::store});
    CHECK(kept.beyond == 0);
    CHECK(record.was_stored(8) == false);  // they lie behind the bits of the orders
}

TEST_CASE("a record without a trace takes no spans", "[span]") {
    auto record = recorder::create(100);
    CHECK_FALSE(record.findings().spans().is_on());
    CHECK_FALSE(record.findings().spans().takes(1));
    CHECK_FALSE(run_findings().spans().is_on());
    CHECK(record.spans().spans.empty());
}

TEST_CASE("spans beyond the limit are counted", "[span]") {
    auto record = recorder::create(1, sample_of(1, 42));
    const auto spans = record.findings().spans();
    for (std::size_t i = 0; i < most_spans_of_run + 3; ++i) spans.add({.order = 1});
    CHECK(record.spans().spans.size() == most_spans_of_run);
    CHECK(record.spans().beyond == 3);
}

TEST_CASE("the log tells of a traced order how it ended, and that it came again", "[span]") {
    auto record = recorder::create(100, sample_of(1, 42));
    auto log = record.log();
    const auto first = log.begin(7);
    const auto second = log.begin(7);
    log.end(second, {stage::fetch, error_kind::timeout, 4, 0});
    log.end(first, {});
    const auto kept = record.spans().spans;
    REQUIRE(kept.size() == 3);
    CHECK(kept[0].what == span_kind::redelivered);
    CHECK(kept[1].what == span_kind::ended);
    CHECK(kept[1].result == error_kind::timeout);
    CHECK(kept[1].at == stage::fetch);
    CHECK(kept[2].result == error_kind::none);
}

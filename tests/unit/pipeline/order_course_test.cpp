// The state machine of an order, which all five patterns share: when it fetches, stores, waits and gives up. The
// tests pass the time as a number.
#include "pipeline/order_course.hpp"

#include "mock_api/order_book.hpp"
#include "mock_api/order_json.hpp"
#include "pipeline/order_parser.hpp"
#include "pipeline/retry_rules.hpp"
#include "pipeline/transform.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <list>

using namespace pipebench;
using namespace std::chrono_literals;
using step = order_course::step;

namespace {

constexpr order_id id = 7;
constexpr order_course::time_point start{1000h};
order_scratch scratch;  ///< shared, as all orders of an event loop share one

/// Three attempts, 10 s each and 60 s for all; then 100 ms beside the write.
workload usual() {
    workload w;
    w.retry.attempts = 3;
    return w;
}

fetch_result order_body(order_id of = id) {
    fetch_result r;
    append_json(r.body, make_order(of, 42));
    return r;
}

fetch_result failed(error_kind kind) { return {kind, {}, {}}; }

/// Traffic with separate limits and counters.
traffic unshared(const workload& work) {
    static std::list<traffic_state> states;
    return {states.emplace_back(), work.retry.budget, work.rate_limit};
}

/// A body comes, and is transformed.
void fetch_and_transform(order_course& course, const fetch_result& result, order_course::time_point now) {
    course.fetched(result, now);
    REQUIRE(course.next() == step::transform);
    course.transform_body(result.body, scratch, {});
}

/// Lets the wait that the course requests pass.
void wait_out(order_course& course) {
    REQUIRE(course.next() == step::wait);
    CHECK(course.pause() > 0s);
    course.waited(start);
}

}  // namespace

TEST_CASE("an order is fetched, stored, and done after the latency of the database", "[order_course]") {
    const auto work = usual();
    order_course course(work, unshared(work), id, start);
    REQUIRE(course.next() == step::fetch);
    fetch_and_transform(course, order_body(), start + 100ms);
    REQUIRE(course.next() == step::store);
    CHECK(course.row() == transform(make_order(id, 42)));
    course.stored(error_kind::none, start + 101ms);
    REQUIRE(course.next() == step::wait);
    CHECK(course.pause() == 100ms);
    course.waited(start);
    REQUIRE(course.next() == step::done);
    CHECK(course.result() == outcome{stage::store, error_kind::none, 1, 1});
}

TEST_CASE("without a latency of the database there is no wait", "[order_course]") {
    auto work = usual();
    work.db_latency = 0s;
    order_course course(work, unshared(work), id, start);
    fetch_and_transform(course, order_body(), start);
    course.stored(error_kind::none, start);
    CHECK(course.next() == step::done);
    CHECK(course.result().stored());
}

TEST_CASE("a row carries the result of the CPU work of its transform", "[order_course][transform-cost]") {
    auto work = usual();
    work.transform_cost = {2us, 0};
    const transform_work extra(work, 10);
    order_course course(work, unshared(work), id, start);
    const auto body = order_body();
    course.fetched(body, start);
    course.transform_body(body.body, scratch, extra);
    auto expected = transform(make_order(id, 42));
    CHECK(course.row() != expected);
    expected.checksum = extra.checksum_after(expected);
    CHECK(course.row() == expected);
}

TEST_CASE("a row that is stored is let go: very many orders may be waiting beside it", "[order_course]") {
    const auto work = usual();
    order_course course(work, unshared(work), id, start);
    fetch_and_transform(course, order_body(), start);
    course.stored(error_kind::none, start);
    CHECK(course.row() == order_row{});
}

TEST_CASE("a fetch that fails is tried again after a backoff, and may succeed", "[order_course]") {
    const auto work = usual();
    order_course course(work, unshared(work), id, start);
    course.fetched(failed(error_kind::throttled), start);
    wait_out(course);
    REQUIRE(course.next() == step::fetch);
    course.fetched(failed(error_kind::reset), start + 1s);
    wait_out(course);
    REQUIRE(course.next() == step::fetch);
    fetch_and_transform(course, order_body(), start + 2s);
    course.stored(error_kind::none, start + 2s);
    wait_out(course);
    CHECK(course.result() == outcome{stage::store, error_kind::none, 3, 1});
}

TEST_CASE("the backoff is that of the attempt, the order and the seed", "[order_course]") {
    const auto work = usual();
    order_course course(work, unshared(work), id, start);
    const order_course::time_point now = start;
    course.fetched(failed(error_kind::timeout), now);
    const auto first = course.pause();
    course.waited(start);
    course.fetched(failed(error_kind::timeout), now);
    order_course same(work, unshared(work), id, start), other(work, unshared(work), id + 1, start);
    same.fetched(failed(error_kind::connect), now);
    other.fetched(failed(error_kind::connect), now);
    CHECK(first <= 50ms);
    CHECK(course.pause() <= 100ms);
    CHECK(course.pause() != first);
    CHECK(same.pause() == first);
    CHECK(other.pause() != first);
}

TEST_CASE("when the attempts are used up, the last failure is the result", "[order_course]") {
    const auto work = usual();
    order_course course(work, unshared(work), id, start);
    for (int attempt = 1; attempt <= 2; ++attempt) {
        course.fetched(failed(error_kind::timeout), start);
        wait_out(course);
    }
    course.fetched(failed(error_kind::server_error), start);
    CHECK(course.next() == step::done);
    CHECK(course.result() == outcome{stage::fetch, error_kind::server_error, 3, 0});
}

TEST_CASE("one attempt is no retry", "[order_course]") {
    auto work = usual();
    work.retry.attempts = 1;
    order_course course(work, unshared(work), id, start);
    course.fetched(failed(error_kind::timeout), start);
    CHECK(course.next() == step::done);
    CHECK(course.result() == outcome{stage::fetch, error_kind::timeout, 1, 0});
}

TEST_CASE("what will not get better ends the order at once", "[order_course]") {
    const auto work = usual();
    const auto kind = GENERATE(error_kind::rejected, error_kind::protocol, error_kind::too_large);
    order_course course(work, unshared(work), id, start);
    course.fetched(failed(kind), start);
    CHECK(course.next() == step::done);
    CHECK(course.result() == outcome{stage::fetch, kind, 1, 0});
}

TEST_CASE("content that is not the order asked for fails in the transform, and is not asked for again",
          "[order_course]") {
    const auto work = usual();
    order_course bad(work, unshared(work), id, start), wrong(work, unshared(work), id, start);
    fetch_and_transform(bad, {error_kind::none, "{}"}, start);
    CHECK(bad.next() == step::done);
    CHECK(bad.result() == outcome{stage::transform, error_kind::bad_content, 1, 0});
    fetch_and_transform(wrong, order_body(id + 1), start);
    CHECK(wrong.next() == step::done);
    CHECK(wrong.result() == outcome{stage::transform, error_kind::wrong_order, 1, 0});
}

TEST_CASE("a store that fails is tried again with the same row, with attempts of its own", "[order_course]") {
    const auto work = usual();
    order_course course(work, unshared(work), id, start);
    course.fetched(failed(error_kind::timeout), start);
    wait_out(course);
    fetch_and_transform(course, order_body(), start);
    for (int attempt = 1; attempt <= 2; ++attempt) {
        REQUIRE(course.next() == step::store);
        CHECK(course.row() == transform(make_order(id, 42)));
        course.stored(error_kind::reset, start);
        wait_out(course);
    }
    REQUIRE(course.next() == step::store);
    CHECK(course.row() == transform(make_order(id, 42)));
    course.stored(error_kind::none, start);
    wait_out(course);
    CHECK(course.result() == outcome{stage::store, error_kind::none, 2, 3});
}

TEST_CASE("a store ends when its attempts are used up, and at once when PostgreSQL refuses", "[order_course]") {
    const auto work = usual();
    order_course course(work, unshared(work), id, start), refused(work, unshared(work), id, start);
    fetch_and_transform(course, order_body(), start);
    for (int attempt = 1; attempt <= 2; ++attempt) {
        course.stored(error_kind::connect, start);
        wait_out(course);
    }
    course.stored(error_kind::connect, start);
    CHECK(course.next() == step::done);
    CHECK(course.result() == outcome{stage::store, error_kind::connect, 1, 3});
    fetch_and_transform(refused, order_body(), start);
    refused.stored(error_kind::database, start);
    CHECK(refused.next() == step::done);
    CHECK(refused.result() == outcome{stage::store, error_kind::database, 1, 1});
}

TEST_CASE("a worker elsewhere keeps trying to store while the database is away", "[order_course]") {
    auto work = usual();
    work.keep_storing = true;
    order_course course(work, unshared(work), id, start);
    fetch_and_transform(course, order_body(), start);
    auto now = start;
    for (int tries = 0; tries < 400; ++tries) {  // more than a count of them can hold
        REQUIRE(course.next() == step::store);
        CHECK(course.attempt_deadline(now) == now + work.limits.attempt);
        now += 5s;
        course.stored(error_kind::connect, now);
        REQUIRE(course.next() == step::wait);
        course.waited(now);
    }
    course.stored(error_kind::none, now);
    CHECK(course.next() == step::wait);
    course.waited(now);
    CHECK(course.next() == step::done);
    CHECK(course.result().stored());
    CHECK(course.result().stores == 255);
}

TEST_CASE("a worker elsewhere ends an order that PostgreSQL refuses, or that cannot be fetched", "[order_course]") {
    auto work = usual();
    work.keep_storing = true;
    order_course refused(work, unshared(work), id, start);
    fetch_and_transform(refused, order_body(), start);
    refused.stored(error_kind::database, start);
    CHECK(refused.next() == step::done);
    order_course unfetched(work, unshared(work), id, start);
    unfetched.fetched(failed(error_kind::connect), start + 61s);
    CHECK(unfetched.next() == step::done);
}

TEST_CASE("an attempt ends at its limit or the order's, whichever comes first", "[order_course]") {
    const auto work = usual();
    const order_course course(work, unshared(work), id, start);
    CHECK(course.attempt_deadline(start) == start + 10s);
    CHECK(course.attempt_deadline(start + 50s) == start + 60s);
    CHECK(course.attempt_deadline(start + 55s) == start + 60s);
}

TEST_CASE("an order fails by its deadline when that has passed, or would pass in the wait", "[order_course]") {
    const auto work = usual();
    order_course passed(work, unshared(work), id, start), would_pass(work, unshared(work), id, start),
        in_store(work, unshared(work), id, start);
    passed.fetched(failed(error_kind::timeout), start + 60s);
    CHECK(passed.next() == step::done);
    CHECK(passed.result() == outcome{stage::fetch, error_kind::deadline, 1, 0});
    would_pass.fetched(failed(error_kind::timeout), start + 60s - 1us);
    CHECK(would_pass.next() == step::done);
    CHECK(would_pass.result() == outcome{stage::fetch, error_kind::deadline, 1, 0});
    fetch_and_transform(in_store, order_body(), start);
    in_store.stored(error_kind::timeout, start + 61s);
    CHECK(in_store.result() == outcome{stage::store, error_kind::deadline, 1, 1});
}

TEST_CASE("an order that succeeds at its very deadline is stored", "[order_course]") {
    const auto work = usual();
    order_course course(work, unshared(work), id, start);
    fetch_and_transform(course, order_body(), start + 60s);
    course.stored(error_kind::none, start + 61s);
    wait_out(course);
    CHECK(course.result().stored());
}

// --- what the server asks for, the retry budget, and the rate limit ---

TEST_CASE("a Retry-After is waited for, and a jitter beyond it", "[order_course]") {
    const auto work = usual();
    order_course course(work, unshared(work), id, start);
    course.fetched({error_kind::throttled, {}, 3s}, start);
    REQUIRE(course.next() == step::wait);
    const auto jitter = backoff(work.retry, 1, random_of(work.seed, id, 1));
    CHECK(jitter > 0s);
    CHECK(course.pause() == 3s + jitter);
    course.waited(start + 4s);
    CHECK(course.next() == step::fetch);
}

TEST_CASE("a Retry-After that reaches the deadline ends the order at once", "[order_course]") {
    const auto work = usual();
    order_course course(work, unshared(work), id, start), in_time(work, unshared(work), id, start);
    course.fetched({error_kind::server_error, {}, 60s}, start);
    CHECK(course.next() == step::done);
    CHECK(course.result() == outcome{stage::fetch, error_kind::deadline, 1, 0});
    in_time.fetched({error_kind::server_error, {}, 59s}, start);
    CHECK(in_time.next() == step::wait);
}

TEST_CASE("a retry that the budget refuses makes no request, and the order still ends", "[order_course]") {
    auto work = usual();
    const auto base = GENERATE(0ms, 50ms);  // 0: no wait in between
    work.retry.backoff_base = base;
    traffic_state state{};
    state.retries = retry_reserve;
    order_course course(work, {state, 0, 0}, id, start);
    course.fetched(failed(error_kind::timeout), start);
    for (int wait = 0; course.next() != step::done; ++wait) {
        REQUIRE(wait < 2);
        wait_out(course);
        REQUIRE(course.next() != step::fetch);
    }
    CHECK(course.result() == outcome{stage::fetch, error_kind::timeout, 1, 0});
    CHECK(state.refused == 2);  // only the first of three attempts was made
    CHECK(state.retries == retry_reserve);
}

TEST_CASE("an order whose retry was refused gets the next one when the budget has grown", "[order_course]") {
    const auto work = usual();
    traffic_state state{};
    state.retries = retry_reserve;
    traffic shared(state, 1, 0);
    order_course course(work, shared, id, start);
    state.firsts = 0;
    course.fetched(failed(error_kind::timeout), start);
    wait_out(course);
    REQUIRE(course.next() == step::wait);
    CHECK(state.refused == 1);
    shared.count_first();
    wait_out(course);
    REQUIRE(course.next() == step::fetch);
    fetch_and_transform(course, order_body(), start);
    CHECK(course.next() == step::store);
}

TEST_CASE("every order is a first attempt, every retry one of the budget's", "[order_course]") {
    const auto work = usual();
    traffic_state state{};
    const traffic shared(state, 0, 0);
    order_course course(work, shared, id, start), other(work, shared, id + 1, start);
    CHECK(state.firsts == 2);
    CHECK(state.retries == 0);
    course.fetched(failed(error_kind::reset), start);
    CHECK(state.retries == 0);  // counted only when it is made
    wait_out(course);
    CHECK(state.retries == 1);
}

TEST_CASE("the retries of the store take nothing from the budget, which is the API's", "[order_course]") {
    const auto work = usual();
    traffic_state state{};
    state.retries = retry_reserve;
    order_course course(work, {state, 0, 0}, id, start);
    fetch_and_transform(course, order_body(), start);
    course.stored(error_kind::reset, start);
    wait_out(course);
    REQUIRE(course.next() == step::store);
    CHECK(state.retries == retry_reserve);
    CHECK(state.refused == 0);
}

TEST_CASE("the rate limit makes every request wait for its turn, the first one and each retry", "[order_course]") {
    auto work = usual();
    work.retry.backoff_base = 0ms;
    traffic_state state{};
    const traffic ten_a_second(state, 0, 10);
    order_course first(work, ten_a_second, id, start), second(work, ten_a_second, id + 1, start);
    CHECK(first.next() == step::fetch);
    REQUIRE(second.next() == step::wait);
    CHECK(second.pause() == 100ms);
    second.waited(start + 100ms);
    CHECK(second.next() == step::fetch);
    first.fetched(failed(error_kind::reset), start + 100ms);
    REQUIRE(first.next() == step::wait);
    CHECK(first.pause() == 100ms);
    first.waited(start + 200ms);
    CHECK(first.next() == step::fetch);
}

TEST_CASE("a turn beyond the deadline ends the order without a request, and is left to others", "[order_course]") {
    auto work = usual();
    traffic_state state{};
    const traffic ten_a_second(state, 0, 10);
    const order_course first(work, ten_a_second, id, start);
    auto hurried = work;
    hurried.limits.order = 99ms;
    const order_course late(hurried, ten_a_second, id + 1, start);
    CHECK(late.next() == step::done);
    CHECK(late.result() == outcome{stage::fetch, error_kind::deadline, 0, 0});
    const order_course patient(work, ten_a_second, id + 2, start);
    CHECK(patient.pause() == 100ms);
}

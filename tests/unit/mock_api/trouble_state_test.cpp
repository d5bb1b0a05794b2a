// The server's state between requests: limits, attempts, the outage. A server that is stricter or laxer than its
// scenario makes a pattern look worse or better than it is. The tests pass the time.
#include "mock_api/faults.hpp"
#include "mock_api/order_book.hpp"
#include "mock_api/trouble_state.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

using namespace pipebench;
using namespace std::chrono_literals;

namespace {

using admission = trouble_state::admission;

struct fixture {
    explicit fixture(api_settings s) : settings(std::move(s)) {}

    admission ask(order_id id) {
        reply = reply_to(settings, "GET", "/orders/" + std::to_string(id));
        return trouble.apply(reply, now);
    }
    void answer() {
        trouble.answered(reply, now);
        trouble.release();
    }

    api_settings settings;
    counters count{1};
    trouble_state trouble{settings, count};
    server_clock::time_point now = server_clock::now();
    api_reply reply;
};

api_settings limited(std::uint64_t concurrent, std::uint64_t per_second) {
    api_settings s;
    s.http.mean = 100ms;
    s.trouble.limits = {concurrent, per_second, 3s};
    return s;
}

api_settings refusing(unsigned status) {
    fault f;
    f.share = 1;
    f.status = status;
    f.retry_after = 2s;
    f.first_attempts = 2;
    api_settings s;
    s.trouble.faults = {f};
    return s;
}

api_settings failing(double at, std::uint64_t orders) {
    api_settings s;
    s.orders = orders;
    s.trouble.down = {at, 2s};
    return s;
}

}  // namespace

TEST_CASE("attempts are counted for each order, up to a limit", "[trouble]") {
    order_memory memory;
    CHECK(memory.count_attempt(1) == 1);
    CHECK(memory.count_attempt(2) == 1);
    CHECK(memory.count_attempt(1) == 2);
    CHECK(memory.count_attempt(10'000'000) == 1);
    for (unsigned i = 2; i <= most_attempts; ++i) CHECK(memory.count_attempt(2) == i);
    CHECK(memory.count_attempt(2) == most_attempts);
    CHECK(memory.count_attempt(3) == 1);  // no overflow into the next
    CHECK(memory.count_attempt(max_order_id) >= 1);
}

TEST_CASE("a bucket gives a tenth of a second at once, and then the rate", "[trouble]") {
    const auto begin = server_clock::now();
    token_bucket bucket(2'000);
    int given = 0;
    for (int i = 0; i < 1'000; ++i) given += bucket.take(begin);
    CHECK(given == 200);
    for (int ms = 1; ms <= 1'000; ++ms)
        for (int i = 0; i < 5; ++i) given += bucket.take(begin + ms * 1ms);
    CHECK(given == 200 + 2'000);
    given = 0;
    for (int i = 0; i < 1'000; ++i) given += bucket.take(begin + 1h);
    CHECK(given == 200);  // unused tokens do not accumulate
}

TEST_CASE("a bucket of few tokens a second holds one", "[trouble]") {
    const auto per_second = GENERATE(1U, 3U, 10U, 19U);
    const auto begin = server_clock::now();
    token_bucket bucket(per_second);
    int given = 0;
    for (int ms = 0; ms < 10'000; ++ms) given += bucket.take(begin + ms * 1ms);
    CAPTURE(per_second);
    CHECK(given <= static_cast<int>(10 * per_second));
    CHECK(given >= static_cast<int>(10 * per_second) - 10);  // each up to 1 ms late, by our steps
}

TEST_CASE("requests beyond the places are throttled at once, until one leaves", "[trouble]") {
    fixture f(limited(2, 0));
    CHECK(f.ask(1) == admission::served);
    CHECK(f.reply.delay == 100ms);
    CHECK(f.ask(2) == admission::served);
    CHECK(f.ask(3) == admission::throttled);
    CHECK(f.reply.status == 429);
    CHECK(f.reply.delay == 0ms);
    CHECK(f.reply.retry_after == 3s);
    CHECK(f.count.read().throttled == 1);
    f.trouble.release();
    CHECK(f.ask(3) == admission::served);
    CHECK(f.ask(4) == admission::throttled);
}

TEST_CASE("a request that gets no token gives its place back", "[trouble]") {
    fixture f(limited(2, 1));
    CHECK(f.ask(1) == admission::served);
    for (order_id id = 2; id < 10; ++id) CHECK(f.ask(id) == admission::throttled);
    f.now += 1s;
    CHECK(f.ask(2) == admission::served);
    f.now += 1s;
    CHECK(f.ask(3) == admission::throttled);  // there is a token, but no free place
    f.trouble.release();
    CHECK(f.ask(3) == admission::served);  // the throttled request has not used a token
}

TEST_CASE("every attempt meets the fault that was drawn for it, and is counted", "[trouble]") {
    fixture f(refusing(500));
    for (const unsigned expected : {500U, 500U, 200U, 200U}) {
        CHECK(f.ask(7) == admission::served);
        CHECK(f.reply.status == expected);
        f.answer();
    }
    CHECK(f.count.read().faults == 2);
    CHECK(f.count.read().throttled == 0);
}

TEST_CASE("a fault that answers with 429 counts as a fault and as throttled", "[trouble]") {
    fixture f(refusing(429));
    CHECK(f.ask(7) == admission::served);
    CHECK(f.count.read().faults == 1);
    CHECK(f.count.read().throttled == 1);
}

TEST_CASE("what is not a good answer is not spoilt further, and HEAD is not spoilt at all", "[trouble]") {
    fixture f(refusing(500));
    f.reply = reply_to(f.settings, "GET", "/orders/0");
    CHECK(f.trouble.apply(f.reply, f.now) == admission::served);
    CHECK(f.reply.status == 404);
    f.reply = reply_to(f.settings, "HEAD", "/orders/7");
    CHECK(f.trouble.apply(f.reply, f.now) == admission::served);
    CHECK(f.reply.status == 200);
    CHECK(f.count.read().faults == 0);
}

TEST_CASE("a request is early until the time it was told to wait is over", "[trouble]") {
    fixture f(refusing(503));
    f.ask(7);
    f.answer();
    CHECK(f.count.read().early == 0);
    f.now += 1900ms;
    f.ask(8);  // another order
    CHECK(f.count.read().early == 0);
    f.ask(7);
    CHECK(f.count.read().early == 1);
    f.now += 100ms;
    f.ask(7);
    CHECK(f.count.read().early == 1);
}

TEST_CASE("a throttled order is told to wait as well", "[trouble]") {
    fixture f(limited(1, 0));
    f.ask(1);
    f.ask(2);
    f.trouble.answered(f.reply, f.now);
    f.ask(2);
    CHECK(f.count.read().early == 1);
    f.now += 3s;
    f.ask(2);
    CHECK(f.count.read().early == 1);
}

TEST_CASE("an outage begins when its share of the orders has been answered well, and ends for good", "[trouble]") {
    fixture f(failing(0.25, 10));  // after 2.5, and so 3
    for (order_id id = 1; id <= 3; ++id) {
        CHECK_FALSE(f.trouble.cut_off(f.now));
        f.ask(id);
        f.answer();
        f.reply.status = 404;
        f.trouble.answered(f.reply, f.now);  // does not count
    }
    CHECK(f.trouble.cut_off(f.now - 1h));  // a request under way
    CHECK(f.trouble.cut_off(f.now));
    CHECK(f.trouble.cut_off(f.now + 1999ms));
    CHECK_FALSE(f.trouble.cut_off(f.now + 2s));
    f.now += 2s;
    for (order_id id = 4; id <= 100; ++id) {
        f.ask(id);
        f.answer();
        CHECK_FALSE(f.trouble.cut_off(f.now));
    }
}

TEST_CASE("an outage at the beginning waits for one answer; one of no run never comes", "[trouble]") {
    fixture early(failing(0, 10));
    CHECK_FALSE(early.trouble.cut_off(early.now));
    early.ask(1);
    early.answer();
    CHECK(early.trouble.cut_off(early.now));
    fixture never(failing(0, 0));
    for (order_id id = 1; id <= 100; ++id) {
        never.ask(id);
        never.answer();
    }
    CHECK_FALSE(never.trouble.cut_off(never.now));
}

TEST_CASE("an outage begins at its share exactly where binary fractions are not exact", "[trouble]") {
    fixture f(failing(0.55, 100));
    for (order_id id = 1; id <= 55; ++id) {
        CHECK_FALSE(f.trouble.cut_off(f.now));
        f.ask(id);
        f.answer();
    }
    CHECK(f.trouble.cut_off(f.now));
}

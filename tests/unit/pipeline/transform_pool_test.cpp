// The threads that transform orders beside an event loop. A piece that is lost would leave its order hanging, and a
// queue without a bound would hold the bodies of all orders.
#include "pipeline/transform_pool.hpp"

#include "concurrency/event_loop.hpp"
#include "concurrency/task_group.hpp"
#include "mock_api/order_book.hpp"
#include "mock_api/order_json.hpp"
#include "pipeline/transform.hpp"

#include <boost/asio/this_coro.hpp>

#include <catch2/catch_test_macros.hpp>

#include <memory>

using namespace pipebench;
using namespace std::chrono_literals;

namespace {

constexpr unsigned threads = 2;
constexpr order_id orders = 20;

struct pool_run {
    workload work;
    traffic_state state{};
    std::unique_ptr<findings_state> found = std::make_unique<findings_state>();
    std::vector<order_row> rows = std::vector<order_row>(orders + 1);

    pool_run() { work.transform_cost = {1us, 0}; }

    task<> one(transform_pool& pool, order_id id) {
        driven_course order(work, traffic(state, 0, 0), {}, id);
        fetch_result body;
        append_json(body.body, make_order(id, 42));
        order.fetched(std::move(body));
        co_await pool.transform(order);
        CHECK(order.next() == driven_course::step::store);
        CHECK_FALSE(order.take_body().empty());
        rows[id] = order.row();
    }
    void run() {
        run_event_loop([this]() -> task<> {
            const executor loop = co_await asio::this_coro::executor;
            transform_pool pool(loop, {{threads}, {}, transform_work(work, 10)}, run_findings(*found));
            task_group all(loop);
            for (order_id id = 1; id <= orders; ++id) all.spawn(one(pool, id));
            co_await all.join();
        });
    }
};

}  // namespace

TEST_CASE("threads transform every order as its loop would", "[transform-pool]") {
    pool_run r;
    r.run();
    const transform_work extra(r.work, 10);
    for (order_id id = 1; id <= orders; ++id) {
        auto expected = transform(make_order(id, 42));
        expected.checksum = extra.checksum_after(expected);
        CHECK(r.rows[id] == expected);
    }
}

TEST_CASE("orders beyond the threads and their queue are held back, and counted", "[transform-pool]") {
    pool_run r;
    r.run();
    constexpr auto places = threads * (1 + transform_pool::queued_per_thread);
    CHECK(get(r.found->transforms_held_back) == orders - places);  // all come in one turn of the loop
    std::uint64_t waited = 0;
    for (const auto& bin : r.found->transform_wait.bins) waited += get(bin);
    CHECK(waited == orders);
}

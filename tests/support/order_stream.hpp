// A stream of orders on a real Redis, and consumers that end as if their process ended.
#pragma once

#include "concurrency/event_loop.hpp"
#include "redis/order_producer.hpp"
#include "redis/stream_consumer.hpp"
#include "support/command.hpp"
#include "support/services.hpp"

#include <boost/asio/this_coro.hpp>

#include <atomic>

namespace pipebench::test {

inline constexpr outcome stored{stage::store, error_kind::none, 1, 1};
inline const std::atomic<bool> nobody_stops = false;
inline constexpr duration long_lease = std::chrono::minutes(30);  ///< only passes with let_leases_pass()

/// A stream with its group and orders 1..n in it.
struct stream {
    std::string url;
    std::string prefix;
    order_stream handle{url, prefix};
    order_stream_keys keys{prefix};
    duration patience = std::chrono::seconds(60);
    std::vector<std::string> notes{};
    order_producer producer;

    explicit stream(std::uint64_t orders, const std::string& at = redis(), duration patient = test::patience)
        : url(at), prefix(new_stream()), patience(patient), producer(created(), settings(orders)) {
        producer.add_all();
    }
    stream(const stream&) = delete;
    stream& operator=(const stream&) = delete;

    [[nodiscard]] producer_settings settings(std::uint64_t orders) {
        return {orders, limits(), stop_flag(nobody_stops),
                [this](std::string_view line) { notes.emplace_back(line); }};
    }
    [[nodiscard]] stream_limits limits() const {
        workload work;
        work.limits = {.attempt = std::chrono::seconds(5), .order = patience};
        work.orders = 1'000'000;
        return stream_limits_of(work);
    }
    [[nodiscard]] bool all_results_in() {
        return comes_true([&] {
            producer.read_results();
            return producer.all_results_in();
        });
    }
    [[nodiscard]] redis_reply ask(const redis_command& command) const {
        return redis_client(parse_redis_address(url), std::chrono::seconds(5)).command(command);
    }
    [[nodiscard]] std::uint64_t length() const { return count_in(*ask({"XLEN", keys.orders})); }
    [[nodiscard]] std::uint64_t results() const { return count_in(*ask({"XLEN", keys.results})); }
    [[nodiscard]] std::int64_t pending() const {
        return ask({"XPENDING", keys.orders, keys.group})->element[0]->integer;
    }
    /// Number of deliveries of each pending order, in stream order.
    [[nodiscard]] std::vector<std::uint64_t> deliveries() const {
        std::vector<std::uint64_t> out;
        for (const auto& row : entries_pending(*ask({"XPENDING", keys.orders, keys.group, "-", "+", "10000"})))
            out.push_back(row.deliveries);
        return out;
    }
    /// Makes all pending entries after the first `skipped` idle for an hour, without a delivery.
    void let_leases_pass(std::size_t skipped = 0) const {
        const auto rows = entries_pending(*ask({"XPENDING", keys.orders, keys.group, "-", "+", "10000"}));
        redis_command age{"XCLAIM", keys.orders, keys.group, "nobody", "0"};
        for (std::size_t i = skipped; i < rows.size(); ++i) age.push_back(rows[i].id);
        age.insert(age.end(), {"IDLE", "3600000", "JUSTID"});
        if (rows.size() > skipped) static_cast<void>(ask(age));
    }

private:
    const order_stream& created() const {
        handle.create(limits());
        return handle;
    }
};

/// Runs `body` as one process of consumers. Orders that it does not acknowledge stay pending.
inline void with_consumers(const stream& s, const std::function<task<>(stream_consumers&)>& body) {
    run_event_loop([&]() -> task<> {
        stream_consumers all(co_await asio::this_coro::executor, s.handle, s.limits());
        co_await body(all);
        all.close();
    });
}

/// Whether these are exactly the orders first..last. (g++ 12 cannot build a list of them inside a coroutine.)
inline bool are(const std::vector<stream_order>& orders, order_id first, order_id last) {
    if (orders.size() != last - first + 1) return false;
    for (const auto& o : orders)
        if (o.id != first++) return false;
    return true;
}

inline void settle(std::vector<stream_order>& orders) {
    for (auto& o : orders) o.result = stored;
}

}  // namespace pipebench::test

// Orders over Redis Streams: a producer, a consumer group, and results on a second stream. Knows the commands;
// what is done with an order is the caller's. Source: redis.io, "Redis Streams", and the command pages.
#pragma once

#include "concurrency/redis_client.hpp"
#include "concurrency/redis_connection.hpp"
#include "concurrency/worker_process.hpp"
#include "pipebench/pipeline.hpp"
#include "pipebench/recorder.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace pipebench {

/// The keys of one run, all of which may be deleted when it is over.
struct order_stream_keys {
    explicit order_stream_keys(const std::string& prefix)
        : orders(prefix + ":orders"), results(prefix + ":order_results") {}
    std::string orders, results;
    static constexpr const char* group = "workers";
};

/// Makes the stream and its group, empty. Before any worker is started.
void create_order_stream(const addresses& where);

/// The parent's side: adds the orders, and learns from the results when all are done. Blocking; one thread.
/// Every failure is a redis_error.
class order_producer {
public:
    order_producer(const addresses& where, std::uint64_t orders);

    /// XADDs orders 1..N, pipelined in chunks. Ends early when asked to stop.
    void add_all(stop_flag stop);
    /// Waits a moment for results, and counts each order once.
    void read_results();
    [[nodiscard]] bool all_results_in() const noexcept { return seen_count_ == orders_; }

private:
    order_stream_keys keys_;
    redis_client redis_;
    std::uint64_t orders_, seen_count_ = 0;
    std::vector<bool> seen_;
    std::string last_result_ = "0-0";
};

/// An order that a consumer has taken, and what became of it; without a result it stays pending.
struct stream_order {
    order_id id = 0;
    std::string entry;
    std::optional<outcome> result;
};

class stream_consumers;

/// One member of the group, with a connection of its own: XREADGROUP blocks it. Every failure is a redis_error.
class stream_consumer {
public:
    stream_consumer(stream_consumers& all, executor ex, std::string name);

    /// Up to `count` new orders; none when the block time has passed, or when closed.
    task<std::vector<stream_order>> read(unsigned count, duration block);
    /// Up to `count` orders that have been pending for longer than the lease, with whomever; those in hand in
    /// this process are left alone.
    task<std::vector<stream_order>> claim(unsigned count, duration lease);
    /// XACK for all orders with a result in one command, then XADD of the results.
    task<> acknowledge(const std::vector<stream_order>& orders);
    /// False when closed meanwhile.
    task<bool> sleep(duration d);
    [[nodiscard]] bool closed() const noexcept;

private:
    friend class stream_consumers;
    std::vector<stream_order> take(std::vector<stream_entry> entries);
    void interrupt() noexcept;

    stream_consumers& all_;
    std::string name_;
    redis_connection redis_;
    timer nap_;
    std::string cursor_ = "0-0";
    bool reading_ = false;
};

/// The consumers of one process and one event loop.
class stream_consumers {
public:
    stream_consumers(executor ex, const addresses& where, duration reply_limit);

    /// A new consumer, connected.
    task<std::reference_wrapper<stream_consumer>> join();
    /// Returns when the channel has ended or close() was called; every consumer is closed then.
    task<> close_with(const message_channel& parent);
    /// Whoever waits for new orders is woken; what is in hand can still be acknowledged.
    void close() noexcept;

private:
    friend class stream_consumer;
    executor executor_;
    order_stream_keys keys_;
    redis_address address_;
    duration reply_limit_;
    bool closed_ = false;
    asio::posix::basic_stream_descriptor<executor> parent_;
    std::deque<stream_consumer> members_;
    std::set<std::string> in_hand_;  ///< entries taken and not yet acknowledged, bounded by what is in flight
};

}  // namespace pipebench

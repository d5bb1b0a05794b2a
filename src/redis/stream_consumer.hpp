// The workers' side of an order stream: members of its consumer group, which read orders, take over orders of dead
// processes, and acknowledge, while their leases are renewed (lease_renewer.hpp). A consumer only talks to Redis:
// lease_book decides which entry comes next, and the caller carries the orders out.
#pragma once

#include "concurrency/worker_process.hpp"
#include "pipebench/outcome.hpp"
#include "redis/lease_book.hpp"
#include "redis/lease_renewer.hpp"
#include "redis/order_stream.hpp"
#include "redis/stream_connection.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <chrono>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace pipebench {

/// An order that a consumer has in hand, and its outcome; without a result it stays pending.
struct stream_order {
    order_id id = 0;
    std::string entry;
    std::optional<outcome> result{};
    std::uint64_t deliveries = 1;        ///< only known for exhausted() orders
    std::chrono::nanoseconds service{};  ///< begin to end, with the result
};

/// One member of the group, with its own connection, because XREADGROUP blocks it. One caller at a time. Every call
/// keeps trying while Redis is away (stream_connection.hpp). A call that close() interrupts returns an empty result.
class stream_consumer {
public:
    static constexpr std::size_t max_pages = 1000;  ///< XAUTOCLAIMs of one claim()
    /// The outcome of an order that was delivered too often.
    static constexpr outcome dead_lettered{stage::schedule, error_kind::dead_letter, 0, 0};

    /// `leases`: shared by the process. Both must outlive it.
    stream_consumer(const stream_access& access, lease_book& leases, executor ex, std::string name);

    /// Up to `count` new orders; empty if the block time has passed, or if closed.
    task<std::vector<stream_order>> read(unsigned count, duration block) {
        return acknowledge_and_read({}, count, block);
    }
    /// The same, with an acknowledge() of `done` in the same write. If Redis refuses only that, it is repeated before
    /// the new orders are returned.
    task<std::vector<stream_order>> acknowledge_and_read(std::vector<stream_order> done, unsigned count,
                                                         duration block);
    /// XADD of the results and XACK, as one transaction. Orders without a result stay pending, but are not in hand any
    /// more.
    task<> acknowledge(const std::vector<stream_order>& orders);

    /// Takes over every entry that has been pending for longer than the lease, with any consumer, as far as the lease
    /// book has room. Does not count as a delivery. Entries in hand in this process are not delivered again.
    task<> claim(duration lease);
    /// The claimed orders that were delivered `max_deliveries` times or more; for dead_letter().
    task<std::vector<stream_order>> exhausted(unsigned max_deliveries);
    /// Puts them on the dead-letter stream, gives them a result and acknowledges them, one transaction each.
    task<> dead_letter(const std::vector<stream_order>& orders);
    /// The next claimed orders, which counts as a delivery: up to `count` together, but suspects one at a time
    /// (lease_book.hpp). Empty if no claimed order is left.
    task<std::vector<stream_order>> deliver(unsigned count);

    /// Sleeps for half a lease, plus or minus a fifth; does not sleep if claim() left entries. False if closed.
    task<bool> next_check(duration lease);
    /// False if closed meanwhile.
    task<bool> sleep(duration d) { return redis_.sleep(d); }
    [[nodiscard]] bool closed() const noexcept { return redis_.closed(); }
    [[nodiscard]] leaseholder as_leaseholder() const { return {name_, &redis_}; }
    /// Call it after the consumers were closed. Wakes the caller if it sleeps or waits for new orders.
    void interrupt() noexcept { redis_.interrupt(); }

private:
    task<> count_deliveries();
    task<> drop(std::vector<std::string> entries);
    void give_back(const std::vector<stream_order>& orders);
    void trace_acknowledgement(const std::vector<stream_order>& orders, std::chrono::steady_clock::time_point sent,
                               std::chrono::steady_clock::time_point answered) const noexcept;
    [[nodiscard]] std::vector<redis_command> acknowledgements(const std::vector<stream_order>& orders) const;
    task<std::vector<stream_order>> take(std::vector<stream_entry> entries);

    const order_stream_keys& keys_;
    const std::string& instance_;
    order_id last_order_;
    lease_book& leases_;
    span_log spans_;
    std::string name_;
    stream_connection redis_;
    std::minstd_rand random_;
    std::string cursor_;  ///< of XAUTOCLAIM
};

/// The consumers of one process and one event loop.
class stream_consumers {
public:
    stream_consumers(executor ex, const order_stream& stream, stream_limits limits);

    /// The consumer connects at its first use.
    [[nodiscard]] stream_consumer& add_consumer();
    /// Every consumer that was added.
    [[nodiscard]] std::vector<leaseholder> holders() const;
    /// Renews the leases of the consumers that were added before, on a thread of its own, until closed.
    task<> renew(duration lease);
    /// Closes every consumer when the channel ends. Returns then, or after close().
    task<> close_with(const message_channel& parent);
    /// Wakes the consumers that wait for new orders. Orders in hand can still be acknowledged.
    void close() noexcept;

private:
    executor executor_;
    stream_access access_;
    std::string name_;  ///< random: other machines have processes of the same id
    lease_book leases_;
    asio::posix::basic_stream_descriptor<executor> parent_;
    std::deque<stream_consumer> members_;
    std::optional<lease_renewer> renewer_;
};

}  // namespace pipebench

// The workers' side of an order stream: members of its consumer group, who read, renew, take over and acknowledge.
// What is done with an order is the caller's.
#pragma once

#include "concurrency/worker_process.hpp"
#include "pipebench/outcome.hpp"
#include "redis/order_stream.hpp"
#include "redis/redis_connection.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <deque>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace pipebench {

/// An order that a consumer has taken, and what became of it; without a result it stays pending.
struct stream_order {
    order_id id = 0;
    std::string entry;
    std::optional<outcome> result{};
    std::uint64_t deliveries = 1;  ///< known of those that were taken over
};

struct consumer_limits {
    duration reply = std::chrono::seconds{10};     ///< for connecting, and for each reply
    duration patience = std::chrono::seconds{60};  ///< how long Redis may be away at a stretch
};

class stream_consumers;

/// One member of the group, with a connection of its own: XREADGROUP blocks it. One caller at a time. While Redis is
/// away, or back without its group, every call goes on trying, and makes the group anew; beyond the patience the
/// redis_error escapes. A call that close() cut short comes back with nothing.
class stream_consumer {
public:
    static constexpr std::size_t max_claimed = 100;         ///< orders that claim() takes before they are carried out
    static constexpr std::size_t max_pages = 1000;          ///< XAUTOCLAIMs of one claim()
    static constexpr std::size_t ids_per_renewal = 1000;    ///< in one XCLAIM
    static constexpr std::uint64_t suspect_deliveries = 2;  ///< twice delivered and not done: it may have killed
    /// The outcome of an order that was delivered too often.
    static constexpr outcome dead_lettered{stage::schedule, error_kind::dead_letter, 0, 0};

    stream_consumer(stream_consumers& all, executor ex, std::string name);

    /// Up to `count` new orders; none when the block time has passed, or when closed.
    task<std::vector<stream_order>> read(unsigned count, duration block) {
        return acknowledge_and_read({}, count, block);
    }
    /// The same, with an acknowledge() of what is done in the same write.
    task<std::vector<stream_order>> acknowledge_and_read(std::vector<stream_order> done, unsigned count,
                                                         duration block);

    /// Makes what has been pending for longer than the lease, with whomever, this consumer's own. No delivery is
    /// counted, and what is in hand in this process is left where it is.
    task<> claim(duration lease);
    /// Of the claimed, those that have been delivered so often already; for dead_letter().
    task<std::vector<stream_order>> exhausted(unsigned max_deliveries);
    /// The next of the claimed, which counts as a delivery: up to `count` that were delivered once, together; then
    /// the suspects, one at a time, so that what dies with a poisonous order is nothing but that order. None: that
    /// was all.
    task<std::vector<stream_order>> deliver(unsigned count);
    /// Puts them on the dead-letter stream, gives them a result and acknowledges them, in one transaction.
    task<> dead_letter(const std::vector<stream_order>& orders);

    /// XADD of the results, then XACK: orders without a result stay pending, and are not in hand any more.
    task<> acknowledge(const std::vector<stream_order>& orders);

    /// Keeps what the whole process has in hand from being taken over, until closed.
    task<> renew(duration lease);
    /// Half a lease, give or take a fifth; not at all when claim() left something. False when closed meanwhile.
    task<bool> next_check(duration lease);
    /// False when closed meanwhile.
    task<bool> sleep(duration d);
    [[nodiscard]] bool closed() const noexcept;

private:
    friend class stream_consumers;
    task<std::vector<redis_reply>> ask(std::vector<redis_command> commands, duration wait = {});
    task<std::vector<redis_reply>> try_once(std::vector<redis_command> commands, duration wait);
    task<> count_deliveries(std::vector<std::string> entries);
    task<> drop(std::vector<std::string> entries);
    void forget(const std::vector<stream_order>& orders);
    [[nodiscard]] std::vector<redis_command> acknowledgements(const std::vector<stream_order>& orders) const;
    task<std::vector<stream_order>> take(std::vector<stream_entry> entries);
    [[nodiscard]] std::vector<stream_order> next_claimed(unsigned count);
    void interrupt() noexcept;

    stream_consumers& all_;
    std::string name_;
    redis_connection redis_;
    timer nap_;
    std::minstd_rand random_;
    bool connected_ = false, interruptible_ = false;
    std::string cursor_;
    std::deque<stream_order> claimed_;  ///< not delivered yet, but in hand; at most max_claimed and a page
};

/// The consumers of one process and one event loop.
class stream_consumers {
public:
    stream_consumers(executor ex, const order_stream& stream, consumer_limits limits);

    /// A new consumer. It connects when it is first used.
    [[nodiscard]] stream_consumer& add_consumer();
    /// Returns when the channel has ended or close() was called; every consumer is closed then.
    task<> close_with(const message_channel& parent);
    /// Whoever waits for new orders is woken; what is in hand can still be acknowledged.
    void close() noexcept;

private:
    friend class stream_consumer;
    executor executor_;
    order_stream_keys keys_;
    redis_address address_;
    consumer_limits limits_;
    bool closed_ = false;
    asio::posix::basic_stream_descriptor<executor> parent_;
    std::deque<stream_consumer> members_;
    /// Entries taken and not yet acknowledged, and the consumer that owns each; bounded by what is in flight.
    std::map<std::string, std::string> in_hand_;
};

}  // namespace pipebench

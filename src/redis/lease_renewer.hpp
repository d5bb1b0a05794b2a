// Renews the leases of a process on a thread, an event loop and a connection of its own, so that they hold whatever
// the event loop of the orders does: transforms that cost CPU time can keep that one busy for longer than a lease.
#pragma once

#include "redis/lease_book.hpp"
#include "redis/stream_connection.hpp"
#include "redis/unread_leases.hpp"

#include <functional>
#include <string>
#include <vector>

namespace pipebench {

/// A member of the group whose leases are renewed.
struct leaseholder {
    std::string name;
    const stream_connection* redis = nullptr;
};

class lease_renewer {
public:
    /// `leases` and the connections of `all` must outlive it.
    lease_renewer(const stream_access& access, lease_book& leases, duration lease, std::vector<leaseholder> all);

    /// Renews three times per lease the entries that the process has in hand, and those that it has still to read
    /// (unread_leases.hpp). Returns after stop(). Throws redis_error when Redis is away for too long, and setup_error
    /// if the thread cannot be started. Call it once, on the event loop of the orders.
    task<> run();
    /// Any thread.
    void stop();

private:
    task<> renew_until_stopped();
    task<std::vector<lease_book::renewal>> unread();

    stream_access access_;
    lease_book& leases_;
    duration lease_;
    std::vector<leaseholder> all_;
    unread_leases unread_;
    asio::io_context loop_{1};
    stream_connection redis_;
};

}  // namespace pipebench

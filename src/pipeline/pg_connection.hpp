// A connection of an event loop to PostgreSQL in libpq's pipeline mode: statements are sent as they come, many are in
// flight, and they are answered in order. Each is a separate transaction. It handles statements, not rows.
#pragma once

#include "concurrency/suspend.hpp"
#include "concurrency/watchdog.hpp"
#include "contracts/run_findings.hpp"
#include "pipebench/outcome.hpp"
#include "pipeline/connection_wait.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <chrono>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

using PGconn = struct pg_conn;
using PGresult = struct pg_result;

namespace pipebench {

struct pg_statement {
    std::string name, sql;
};

/// Shared by the connections of a store.
struct pg_settings {
    std::string connection_string;
    std::vector<pg_statement> statements;  ///< prepared on each connection
    run_findings findings{};               ///< gets waits for the connection, and reasons of failures
};

/// Used only on its loop's thread. libpq reads and writes; Asio only reports when the socket is ready. The handlers
/// of these waits keep the connection alive.
class pg_connection : public std::enable_shared_from_this<pg_connection> {
public:
    using time_point = std::chrono::steady_clock::time_point;

    pg_connection(executor ex, std::shared_ptr<const pg_settings> settings);
    pg_connection(const pg_connection&) = delete;
    pg_connection& operator=(const pg_connection&) = delete;
    ~pg_connection();

    /// Statements that were sent and not answered yet.
    [[nodiscard]] std::size_t busy() const noexcept { return waiting_.size(); }

    /// Opens it for an order, if it is not open. Concurrent callers wait for the same attempt.
    task<error_kind> open(time_point deadline);
    /// The same before an order needs it.
    task<error_kind> open_ahead(time_point deadline);

    /// Sends one of the settings' statements, by its index, with text parameters, before this returns; await the
    /// result at once. `reset` if the connection is not open. If a statement is not answered by its deadline, the
    /// connection is dropped.
    task<error_kind> execute(std::size_t statement, std::span<const char* const> parameters, time_point deadline);

    /// Statements that were not answered end with `reset`.
    void close() noexcept;

private:
    struct waiter {
        resumer<error_kind> resume;
        time_point deadline;
        error_kind kind = error_kind::none;
    };

    task<error_kind> open_once(time_point deadline);
    task<bool> poll_until_connected();
    error_kind fail_to_open(bool late);
    bool set_up();
    bool send(std::size_t statement, std::span<const char* const> parameters);
    void flush();
    void listen();
    bool take_results();
    bool take(const PGresult& result);
    void take_step_of_set_up();
    void take_refusal(const PGresult& result);
    void settle_oldest(error_kind kind);
    void drop(error_kind why);
    void explain_loss(error_kind why);
    void watch_oldest();

    executor executor_;
    std::shared_ptr<const pg_settings> settings_;
    asio::posix::basic_stream_descriptor<executor> socket_;
    watchdog deadline_;  ///< of the oldest statement, or of opening
    PGconn* pg_ = nullptr;
    bool is_open_ = false, is_opening_ = false, is_listening_ = false, is_flushing_ = false;
    std::size_t set_up_left_ = 0;  ///< results that come before those of the first statement
    connection_wait wait_;
    std::uint64_t generation_ = 0;  ///< of the socket: a late handler of a dropped one must not touch the next
    std::deque<resumer<error_kind>> wait_for_open_;
    std::deque<waiter> waiting_;  ///< in the order in which their statements were sent
};

}  // namespace pipebench

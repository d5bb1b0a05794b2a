#include "pipeline/blocking_store.hpp"

#include "contracts/sql_state.hpp"
#include "pipeline/pg_compat.hpp"

#include <condition_variable>
#include <utility>

namespace pipebench {

/// A connection to PostgreSQL. Each statement is prepared at its first use, because libpqxx 7 sends it to the server
/// at once, and the watchdog must cover that, too. One statement outside a transaction block is one transaction.
class blocking_store::session {
public:
    explicit session(const std::string& connection_string) : connection_(connection_string) {
        forbid_silent_reconnect(connection_);
    }

    void insert(const order_row& row, const std::string& sql) {
        if (!std::exchange(row_prepared_, true)) connection_.prepare(insert_statement, sql);
        execute(insert_statement, row_parameters(row).values());
    }
    void insert(std::span<const order_row* const> rows, const std::string& sql) {
        if (!std::exchange(batch_prepared_, true)) connection_.prepare(batch_insert_statement, sql);
        batch_.fill(rows);
        execute(batch_insert_statement, batch_.values());
    }

    [[nodiscard]] int socket() const { return connection_.sock(); }

private:
    void execute(const char* statement, const std::array<const char*, insert_parameters>& v) {
        pqxx::nontransaction transaction(connection_);
        exec_prepared(transaction, statement, v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9]);
        transaction.commit();
    }

    pqxx::connection connection_;
    batch_parameters batch_;
    bool row_prepared_ = false, batch_prepared_ = false;
};

/// A session, if it is open, and the rows that it is writing.
struct blocking_store::connection {
    std::unique_ptr<session> to_postgres;
    row_batch<waiter*> batch;
};

/// A worker that waits for its row. The row is first in `queue_`, then in the batch of a leader, then done.
struct blocking_store::waiter {
    enum class state : std::uint8_t { waits, taken, done };
    state at = state::waits;
    error_kind kind = error_kind::none;
    std::condition_variable turn{};
};

blocking_store::blocking_store(std::string connection_string, const table_name& table,
                               std::shared_ptr<socket_watchdog> watchdog, store_settings settings)
    : connection_string_(std::move(connection_string)),
      row_sql_(insert_sql(table)),
      batch_sql_(batch_insert_sql(table)),
      watchdog_(std::move(watchdog)),
      queue_(settings) {}

blocking_store::~blocking_store() = default;

error_kind blocking_store::store(const order_row& row, time_point deadline) {
    using state = waiter::state;
    std::unique_lock lock(mutex_);
    waiter me;
    queue_.add({&row, deadline, &me});
    while (me.at != state::done) {
        if (me.at == state::waits && queue_.may_begin()) {
            lead(lock);
        } else if (me.at == state::taken) {
            me.turn.wait(lock);  // the leader keeps the deadlines of all its rows
        } else if (me.turn.wait_until(lock, deadline) == std::cv_status::timeout && me.at == state::waits) {
            queue_.remove(&me);
            wake_next();  // the notification may have been for this worker
            return error_kind::timeout;
        }
    }
    return me.kind;
}

/// Takes a connection and the oldest rows, writes them, and passes the connection on.
void blocking_store::lead(std::unique_lock<std::mutex>& lock) {
    auto mine = idle_.empty() ? std::make_unique<connection>() : std::move(idle_.back());
    if (!idle_.empty()) idle_.pop_back();
    auto& batch = mine->batch;
    queue_.begin(batch);
    for (auto& m : batch.members()) m.owner->at = waiter::state::taken;
    wake_next();  // there may be another connection
    lock.unlock();
    while (!batch.is_written()) batch.written(write_next(*mine));
    lock.lock();
    queue_.end(batch);
    for (auto& m : batch.members()) {
        m.owner->kind = m.kind;
        m.owner->at = waiter::state::done;
        m.owner->turn.notify_one();
    }
    batch.clear();
    idle_.push_back(std::move(mine));
    wake_next();
}

void blocking_store::wake_next() {
    if (queue_.may_begin()) queue_.oldest()->turn.notify_one();
}

/// Runs one statement. Exceptions of libpqxx become values here.
error_kind blocking_store::write_next(connection& c) {
    auto& open = c.to_postgres;
    bool late = false;
    try {
        if (!open) open = std::make_unique<session>(connection_string_);
        const socket_watchdog::watch watch(*watchdog_, open->socket(), c.batch.deadline());
        try {
            insert(c);
            return error_kind::none;
        } catch (...) {
            late = watch.expired();
            throw;
        }
    } catch (const pqxx::broken_connection&) {
        // The statement may have been committed: sending it again is harmless, it is idempotent.
        const bool connecting = !open;
        open.reset();
        return late ? error_kind::timeout : connecting ? error_kind::connect : error_kind::reset;
    } catch (const pqxx::sql_error& e) {
        const auto kind = late ? error_kind::timeout : kind_of_sql_state(e.sqlstate());
        if (kind != error_kind::database) open.reset();
        return kind;
    } catch (const std::exception&) {
        if (late) open.reset();
        return late ? error_kind::timeout : error_kind::database;
    }
}

void blocking_store::insert(connection& c) {
    const auto rows = c.batch.rows();
    if (rows.size() == 1) c.to_postgres->insert(*rows.front(), row_sql_);
    else c.to_postgres->insert(rows, batch_sql_);
}

}  // namespace pipebench

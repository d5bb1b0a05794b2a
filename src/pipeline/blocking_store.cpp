#include "pipeline/blocking_store.hpp"

#include "contracts/postgres_settings.hpp"
#include "contracts/sql_state.hpp"
#include "pipeline/connection_wait.hpp"
#include "pipeline/pg_compat.hpp"
#include "pipeline/store_reasons.hpp"

#include <condition_variable>
#include <utility>

namespace pipebench {

/// A connection to PostgreSQL. Its settings are made and each statement is prepared at the first use, because libpqxx
/// waits for the answer, and the watchdog must cover that, too. One statement outside a transaction block is one
/// transaction.
class blocking_store::session {
public:
    session(const std::string& connection_string, const table_inserts& inserts)
        : connection_(connection_string), inserts_(inserts) {
        forbid_silent_reconnect(connection_);
    }

    /// True if it was done now, and not before.
    bool set_up() {
        if (is_set_up_) return false;
        pqxx::nontransaction transaction(connection_);
        transaction.exec(connection_settings_sql(connection_.server_version()));
        transaction.commit();
        return is_set_up_ = true;
    }

    void insert(std::span<const order_row* const> rows) {
        if (rows.size() == 1) return insert(*rows.front());
        if (!std::exchange(batch_prepared_, true)) connection_.prepare(inserts_.batch_name, inserts_.batch_sql);
        batch_.fill(rows);
        execute(inserts_.batch_name, batch_.values());
    }

    [[nodiscard]] bool is_set_up() const noexcept { return is_set_up_; }
    [[nodiscard]] int socket() const { return connection_.sock(); }

private:
    void insert(const order_row& row) {
        if (!std::exchange(row_prepared_, true)) connection_.prepare(inserts_.row_name, inserts_.row_sql);
        execute(inserts_.row_name, row_parameters(row).values());
    }

    void execute(const std::string& statement, const std::array<const char*, insert_parameters>& v) {
        pqxx::nontransaction transaction(connection_);
        exec_prepared(transaction, statement.c_str(), v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9]);
        transaction.commit();
    }

    pqxx::connection connection_;
    const table_inserts& inserts_;
    batch_parameters batch_;
    bool is_set_up_ = false, row_prepared_ = false, batch_prepared_ = false;
};

/// A session, if it is open, and the rows that it is writing.
struct blocking_store::connection {
    explicit connection(run_findings findings) : wait(findings) {}

    std::unique_ptr<session> to_postgres;
    connection_wait wait;
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
                               std::shared_ptr<socket_watchdog> watchdog, store_settings settings,
                               run_findings findings)
    : connection_string_(std::move(connection_string)),
      inserts_{.row_name = insert_statement_name(table, insert_form::row),
               .row_sql = insert_sql(table),
               .batch_name = insert_statement_name(table, insert_form::batch),
               .batch_sql = batch_insert_sql(table)},
      findings_(findings),
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
    auto mine = idle_.empty() ? std::make_unique<connection>(findings_) : std::move(idle_.back());
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
error_kind blocking_store::write_next(connection& c) try {
    if (!c.to_postgres) {
        c.wait.begin(std::chrono::steady_clock::now());
        c.to_postgres = std::make_unique<session>(connection_string_, inserts_);
    }
    const auto end = try_next(c);
    return end.kind == error_kind::none ? end.kind : failed(c, end);
} catch (const std::exception& e) {
    return failed(c, {error_kind::connect, connection_reason(error_kind::connect, e.what())});
}

/// Leaves the connection open: the watchdog must let go of its socket first.
blocking_store::failure blocking_store::try_next(connection& c) {
    session& open = *c.to_postgres;
    const socket_watchdog::watch watch(*watchdog_, open.socket(), c.batch.deadline());
    const auto lost = [&](error_kind kind, const std::exception& e) -> failure {
        const auto why = watch.expired() ? error_kind::timeout : kind;
        return {why, connection_reason(why, e.what())};
    };
    try {
        if (open.set_up()) c.wait.end(std::chrono::steady_clock::now());
        open.insert(c.batch.rows());
        return {};
    } catch (const pqxx::broken_connection& e) {
        // The statement may have been committed: sending it again is harmless, it is idempotent.
        return lost(error_kind::reset, e);
    } catch (const pqxx::sql_error& e) {
        if (watch.expired()) return lost(error_kind::timeout, e);
        return {kind_of_sql_state(e.sqlstate()), refusal_reason(e.sqlstate(), e.what())};
    } catch (const std::exception& e) {
        return lost(error_kind::database, e);
    }
}

/// Closes the connection, unless only the statement was refused.
error_kind blocking_store::failed(connection& c, const failure& f) {
    findings_.explain(stage::store, f.kind, [&]() -> const std::string& { return f.reason; });
    const bool is_set_up = c.to_postgres && c.to_postgres->is_set_up();
    if (!is_set_up) c.wait.miss(std::chrono::steady_clock::now());
    if (f.kind != error_kind::database || !is_set_up) c.to_postgres.reset();
    return f.kind;
}

}  // namespace pipebench

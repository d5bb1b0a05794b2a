#include "pipeline/blocking_store.hpp"

#include "contracts/postgres_settings.hpp"
#include "contracts/sql_state.hpp"
#include "pipeline/connection_wait.hpp"
#include "pipeline/pg_compat.hpp"
#include "pipeline/store_reasons.hpp"

#include <utility>

namespace pipebench {

/// A connection to PostgreSQL. Its settings are made and each statement is prepared at the first use, because libpqxx
/// waits for the answer, and the watchdog must cover that, too. One statement outside a transaction block is one
/// transaction, so the object that libpqxx wants for that stays open: its begin and its end would each look for
/// notifications in the socket.
class blocking_store::session {
public:
    session(const std::string& connection_string, const table_inserts& inserts)
        : connection_(connection_string), inserts_(inserts) {
        forbid_silent_reconnect(connection_);
    }

    /// True if it was done now, and not before.
    bool set_up() {
        if (is_set_up_) return false;
        statements_.exec(connection_settings_sql(connection_.server_version()));
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
        exec_prepared(statements_, statement.c_str(), v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9]);
    }

    pqxx::connection connection_;
    pqxx::nontransaction statements_{connection_};
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

/// A worker that waits for its row. The row is first in `queue_`, then in the batch of a connection, then done.
struct blocking_store::waiter {
    enum class state : std::uint8_t { waits, taken, done };
    posix_semaphore& turn;
    state at = state::waits;
    connection* writes = nullptr;  ///< the connection whose batch it is to write
    error_kind kind = error_kind::none;
};

/// Wakes workers up without the lock: one that is woken under it would only wait for it.
class blocking_store::wake_ups {
public:
    wake_ups() = default;
    wake_ups(const wake_ups&) = delete;
    wake_ups& operator=(const wake_ups&) = delete;
    ~wake_ups() { call(); }

    void add(posix_semaphore& turn) { turns_.push_back(&turn); }
    void call() noexcept {
        for (auto* turn : turns_) turn->post();
        turns_.clear();
    }

private:
    std::vector<posix_semaphore*> turns_;
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
    wake_ups woken;  // at the end, after the lock
    std::unique_lock lock(mutex_);
    auto turn = take_turn();
    waiter me{*turn};
    queue_.add({&row, deadline, &me});
    pass_connections_on(me, woken);
    while (me.at != state::done) {
        if (me.writes != nullptr) {
            connection& mine = *std::exchange(me.writes, nullptr);
            lock.unlock();
            woken.call();
            while (!mine.batch.is_written()) mine.batch.written(write_next(mine));
            lock.lock();
            end(mine, woken);
            pass_connections_on(me, woken);
        } else if (me.at == state::taken) {
            lock.unlock();
            me.turn.wait();  // who writes the batch keeps the deadlines of all its rows
            lock.lock();
        } else {
            lock.unlock();
            const bool woken_up = me.turn.wait_until(deadline);
            lock.lock();
            if (!woken_up && me.at == state::waits) give_up(me);
        }
    }
    spare_turns_.push_back(std::move(turn));
    return me.kind;
}

void blocking_store::give_up(waiter& me) {
    queue_.remove(&me);
    me.at = waiter::state::done;
    me.kind = error_kind::timeout;
}

std::unique_ptr<posix_semaphore> blocking_store::take_turn() {
    if (spare_turns_.empty()) return std::make_unique<posix_semaphore>();
    auto taken = std::move(spare_turns_.back());
    spare_turns_.pop_back();
    return taken;
}

/// Gives each free connection the oldest rows, as the rule says, and to the owner of one of them to write. This worker
/// writes the batch with its own row; another one has to be woken up for its batch.
void blocking_store::pass_connections_on(waiter& me, wake_ups& woken) {
    while (queue_.may_begin()) {
        connection& next = take_idle();
        const bool waited = me.at == waiter::state::waits;
        queue_.begin(next.batch);
        for (auto& m : next.batch.members()) m.owner->at = waiter::state::taken;
        const bool has_mine = waited && me.at == waiter::state::taken;
        waiter& writer = has_mine ? me : *next.batch.members().front().owner;
        writer.writes = &next;
        if (!has_mine) woken.add(writer.turn);
    }
}

blocking_store::connection& blocking_store::take_idle() {
    if (idle_.empty()) return *connections_.emplace_back(std::make_unique<connection>(findings_));
    auto* taken = idle_.back();
    idle_.pop_back();
    return *taken;
}

void blocking_store::end(connection& written, wake_ups& woken) {
    queue_.end(written.batch);
    for (auto& m : written.batch.members()) {
        m.owner->kind = m.kind;
        m.owner->at = waiter::state::done;
        woken.add(m.owner->turn);
    }
    written.batch.clear();
    idle_.push_back(&written);
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

#include "pipeline/blocking_store.hpp"

#include "pipeline/pg_compat.hpp"
#include "pipeline/sql_state.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace pipebench {

/// A connection to PostgreSQL, with each statement prepared when it is first needed: libpqxx 7 asks the server for it at
/// once, and that has to be under the watchdog, too. One statement outside a transaction block is one transaction.
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

/// A place for a session, and the rows that it has in hand.
struct blocking_store::connection {
    std::unique_ptr<session> to_postgres;
    std::vector<waiter*> taken;
    std::vector<const order_row*> rows;  ///< of `taken`
};

struct blocking_store::waiter {
    enum class state : std::uint8_t { waits, taken, done };
    const order_row& row;
    time_point deadline;
    state at = state::waits;
    error_kind kind = error_kind::none;
    std::condition_variable turn{};
};

blocking_store::blocking_store(std::string connection_string, const table_name& table,
                               std::shared_ptr<socket_watchdog> dog, store_settings settings)
    : connection_string_(std::move(connection_string)),
      row_sql_(insert_sql(table)),
      batch_sql_(batch_insert_sql(table)),
      dog_(std::move(dog)),
      settings_(settings) {}

blocking_store::~blocking_store() = default;

error_kind blocking_store::store(const order_row& row, time_point deadline) {
    using state = waiter::state;
    std::unique_lock lock(mutex_);
    waiter me{row, deadline};
    waiting_.push_back(&me);
    while (me.at != state::done) {
        if (me.at == state::waits && may_lead()) {
            lead(lock);
        } else if (me.at == state::taken) {
            me.turn.wait(lock);  // its leader is bound by the deadlines of all of them
        } else if (me.turn.wait_until(lock, deadline) == std::cv_status::timeout && me.at == state::waits) {
            std::erase(waiting_, &me);
            wake_next();  // the call may have been for us
            return error_kind::timeout;
        }
    }
    return me.kind;
}

/// Takes a connection and those who have waited the longest, writes their rows, and passes the connection on.
void blocking_store::lead(std::unique_lock<std::mutex>& lock) {
    ++in_use_;
    auto mine = idle_.empty() ? std::make_unique<connection>() : std::move(idle_.back());
    if (!idle_.empty()) idle_.pop_back();
    for (; !waiting_.empty() && mine->taken.size() < settings_.rows_per_write; waiting_.pop_front()) {
        waiting_.front()->at = waiter::state::taken;
        mine->taken.push_back(waiting_.front());
    }
    const auto rows = mine->taken.size();
    being_written_ += rows;
    wake_next();  // there may be another connection
    lock.unlock();
    write(*mine);
    lock.lock();
    being_written_ -= rows;
    for (waiter* w : mine->taken) {
        w->at = waiter::state::done;
        w->turn.notify_one();
    }
    mine->taken.clear();
    idle_.push_back(std::move(mine));
    --in_use_;
    wake_next();
}

bool blocking_store::may_lead() const {
    return in_use_ < settings_.connections && settings_.may_go(waiting_.size(), being_written_);
}

void blocking_store::wake_next() {
    if (may_lead()) waiting_.front()->turn.notify_one();
}

/// Where a statement of many rows is refused, each is tried alone: only the one that spoils it fails.
void blocking_store::write(connection& c) {
    const auto kind = try_write(c, 0, c.taken.size());
    for (std::size_t i = 0; i < c.taken.size(); ++i)
        c.taken[i]->kind = kind == error_kind::database && c.taken.size() > 1 ? try_write(c, i, 1) : kind;
}

error_kind blocking_store::try_write(connection& c, std::size_t first, std::size_t count) {
    bool late = false;
    auto& open = c.to_postgres;
    try {
        if (!open) open = std::make_unique<session>(connection_string_);
        c.rows.clear();
        auto deadline = time_point::max();
        for (std::size_t i = first; i < first + count; ++i) {
            c.rows.push_back(&c.taken[i]->row);
            deadline = std::min(deadline, c.taken[i]->deadline);
        }
        const socket_watchdog::watch watch(*dog_, open->socket(), deadline);
        try {
            if (count == 1) open->insert(*c.rows.front(), row_sql_);
            else open->insert(c.rows, batch_sql_);
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

}  // namespace pipebench

#include "pipeline/blocking_store.hpp"

#include "pipeline/pg_compat.hpp"
#include "pipeline/sql_state.hpp"

#include <utility>

namespace pipebench {

/// A connection, with the statement prepared at the first row: libpqxx 7 asks the server for it at once, and that
/// has to be under the watchdog, too.
class blocking_store::session {
public:
    explicit session(const std::string& connection_string) : connection_(connection_string) {
        forbid_silent_reconnect(connection_);
    }

    /// One statement outside a transaction block is one transaction.
    void insert(const order_row& row, const std::string& sql) {
        if (!std::exchange(prepared_, true)) connection_.prepare(insert_statement, sql);
        const row_parameters p(row);
        const auto& v = p.values();
        pqxx::nontransaction transaction(connection_);
        exec_prepared(transaction, insert_statement, v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9]);
        transaction.commit();
    }

    [[nodiscard]] int socket() const { return connection_.sock(); }

private:
    pqxx::connection connection_;
    bool prepared_ = false;
};

blocking_store::blocking_store(std::string connection_string, const table_name& table,
                               std::shared_ptr<socket_watchdog> dog)
    : connection_string_(std::move(connection_string)), insert_sql_(insert_sql(table)), dog_(std::move(dog)) {}

blocking_store::blocking_store(blocking_store&&) noexcept = default;
blocking_store::~blocking_store() = default;

error_kind blocking_store::store(const order_row& row, time_point deadline) {
    bool late = false;
    try {
        if (!session_) session_ = std::make_unique<session>(connection_string_);
        const socket_watchdog::watch watch(*dog_, session_->socket(), deadline);
        try {
            session_->insert(row, insert_sql_);
            return error_kind::none;
        } catch (...) {
            late = watch.expired();
            throw;
        }
    } catch (const pqxx::broken_connection&) {
        // The statement may have been committed: sending it again is harmless, it is idempotent.
        const bool connecting = !session_;
        session_.reset();
        return late ? error_kind::timeout : connecting ? error_kind::connect : error_kind::reset;
    } catch (const pqxx::sql_error& e) {
        const auto kind = late ? error_kind::timeout : kind_of_sql_state(e.sqlstate());
        if (kind != error_kind::database) session_.reset();
        return kind;
    } catch (const std::exception&) {
        if (late) session_.reset();
        return late ? error_kind::timeout : error_kind::database;
    }
}

}  // namespace pipebench

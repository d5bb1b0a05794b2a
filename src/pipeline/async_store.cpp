#include "pipeline/async_store.hpp"

#include "contracts/cpu_section.hpp"
#include "pipeline/pg_connection.hpp"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <exception>
#include <span>
#include <utility>

namespace pipebench {
namespace {

using time_point = async_store::time_point;

constexpr std::size_t row_statement = 0, batch_statement = 1;  ///< in pg_settings

// The parameters live only in the statement that sends them: libpq copies them, and the coroutine frame stays small.
task<error_kind> write_row(pg_connection& connection, const order_row& row, time_point deadline) {
    const auto opened = co_await connection.open(deadline);
    if (opened != error_kind::none) co_return opened;
    auto answer = connection.execute(row_statement, row_parameters(row).values(), deadline);
    co_return co_await std::move(answer);
}

task<error_kind> write_rows(pg_connection& connection, std::span<const order_row* const> rows,
                            batch_parameters& parameters, time_point deadline) {
    const auto opened = co_await connection.open(deadline);
    if (opened != error_kind::none) co_return opened;
    parameters.fill(rows);
    co_return co_await connection.execute(batch_statement, parameters.values(), deadline);
}

}  // namespace

// Rows wait until the event loop has run the ready handlers, a connection is free, and the rule lets them go
// (row_batches.hpp).
class async_store::batch_writer {
public:
    batch_writer(executor ex, const connection_list& connections, store_settings settings)
        : executor_(ex), queue_(settings) {
        for (const auto& c : connections) slots_.push_back({*c, {}});
        for (auto& s : slots_) idle_.push_back(&s);
    }

    task<error_kind> store(const order_row& row, time_point deadline) {
        return suspend<error_kind>([this, &row, deadline](resumer<error_kind> resume) {
            queue_.add({&row, deadline, std::move(resume)});
            begin_soon();
        });
    }

private:
    /// A connection, and the rows that it is writing.
    struct slot {
        pg_connection& connection;
        row_batch<resumer<error_kind>> batch;
    };

    void begin_soon() {
        if (std::exchange(will_begin_, true)) return;
        asio::post(executor_, [this] {
            work_for(cpu_section::store);
            will_begin_ = false;
            while (queue_.may_begin()) begin();
        });
    }

    void begin() {
        slot& taken = *idle_.back();
        idle_.pop_back();
        queue_.begin(taken.batch);
        asio::co_spawn(executor_, write(taken), [this, &taken](std::exception_ptr) { end(taken); });
    }

    task<> write(slot& s) {
        while (!s.batch.is_written()) {
            const auto kind = co_await write_next(s);
            s.batch.written(kind);
        }
    }

    task<error_kind> write_next(slot& s) {
        const auto rows = s.batch.rows();
        if (rows.size() == 1) return write_row(s.connection, *rows.front(), s.batch.deadline());
        return write_rows(s.connection, rows, parameters_, s.batch.deadline());
    }

    // Owners get their results last: once no row waits, no part of this runs any more, and it may be destroyed.
    void end(slot& s) {
        work_for(cpu_section::store);
        queue_.end(s.batch);
        idle_.push_back(&s);
        if (!queue_.is_empty()) begin_soon();
        for (auto& m : s.batch.members()) resume_soon(executor_, std::move(m.owner), m.kind);
        s.batch.clear();
    }

    executor executor_;
    row_queue<resumer<error_kind>> queue_;
    std::vector<slot> slots_;
    std::vector<slot*> idle_;
    batch_parameters parameters_;  ///< of the next statement
    bool will_begin_ = false;
};

async_store::async_store(executor ex, std::string connection_string, const table_name& table, store_settings settings,
                         run_findings findings)
    : executor_(ex) {
    const bool in_batches = settings.rows_per_write > 1;
    auto shared = std::make_shared<pg_settings>();
    shared->connection_string = std::move(connection_string);
    shared->statements = {{insert_statement_name(table, insert_form::row), insert_sql(table)}};
    if (in_batches)
        shared->statements.push_back({insert_statement_name(table, insert_form::batch), batch_insert_sql(table)});
    shared->findings = findings;
    for (unsigned i = 0; i < settings.connections; ++i)
        connections_.push_back(std::make_shared<pg_connection>(ex, shared));
    if (in_batches) batches_ = std::make_unique<batch_writer>(ex, connections_, settings);
}

async_store::async_store(async_store&&) noexcept = default;
async_store::~async_store() { close(); }

void async_store::start_opening(time_point deadline) {
    for (auto& c : connections_)
        asio::co_spawn(executor_, c->open_ahead(deadline), [c](std::exception_ptr, error_kind) {});  // keeps it alive
}

task<error_kind> async_store::store(const order_row& row, time_point deadline) {
    if (batches_) return batches_->store(row, deadline);
    const auto fewer = [](const auto& a, const auto& b) { return a->busy() < b->busy(); };
    return write_row(**std::min_element(connections_.begin(), connections_.end(), fewer), row, deadline);
}

void async_store::close() noexcept {
    for (auto& c : connections_) c->close();
}

}  // namespace pipebench

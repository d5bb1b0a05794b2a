#include "pipeline/async_store.hpp"

#include "concurrency/watchdog.hpp"
#include "contracts/cpu_section.hpp"
#include "pipeline/sql_state.hpp"

#include <libpq-fe.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <span>

namespace pipebench {

using boost::system::error_code;

namespace {

struct result_deleter {
    void operator()(PGresult* r) const noexcept { PQclear(r); }
};
using pg_result = std::unique_ptr<PGresult, result_deleter>;

// Where libpq can, without a write of its own: flush() follows.
bool send_sync(PGconn* pg) {
#ifdef LIBPQ_HAS_SEND_PIPELINE_SYNC
    return PQsendPipelineSync(pg) == 1;
#else
    return PQpipelineSync(pg) == 1;
#endif
}

}  // namespace

struct async_store::statements {
    std::string connection_string, row_sql, batch_sql;
    bool in_batches = false;
};

// One connection. Statements are sent as they come and answered in their order: `waiting_` holds who waits.
// libpq reads and writes; Asio only says when the socket is ready. Handlers of a wait hold the connection, and
// those that come after it was dropped find that the socket is another one (`generation_`).
class async_store::connection : public std::enable_shared_from_this<connection> {
public:
    connection(executor ex, std::shared_ptr<const statements> s)
        : executor_(ex), statements_(std::move(s)), socket_(ex), oldest_(ex, [this] { expire(); }) {}
    ~connection() { drop(error_kind::reset); }

    [[nodiscard]] std::size_t busy() const noexcept { return waiting_.size(); }

    task<error_kind> open(time_point deadline);
    /// One statement, and one transaction, of all the rows.
    task<error_kind> insert(std::span<const order_row* const> rows, time_point deadline);
    void close() noexcept { drop(error_kind::reset); }

    bool is_writing = false;  ///< a batch

private:
    struct waiter {
        resumer<error_kind> resume;
        time_point deadline;
        error_kind kind;
    };

    task<error_kind> open_once(time_point deadline);
    task<bool> poll_until_connected();
    bool prepare();
    bool send(std::span<const order_row* const> rows);
    bool send_prepared(const char* statement, const std::array<const char*, insert_parameters>& values);
    void flush();
    void listen();
    bool take_results();
    bool take(const PGresult& result);
    void settle_front(error_kind kind);
    void drop(error_kind why);
    void expire();
    void keep_watch();

    executor executor_;
    std::shared_ptr<const statements> statements_;
    asio::posix::basic_stream_descriptor<executor> socket_;
    watchdog oldest_;
    PGconn* pg_ = nullptr;
    bool ready_ = false, is_opening_ = false, listening_ = false, flushing_ = false;
    std::uint64_t generation_ = 0;
    std::deque<resumer<error_kind>> wait_for_open_;
    std::deque<waiter> waiting_;
    batch_parameters batch_;
};

// Those who come while it is being opened wait for the one attempt that is under way.
task<error_kind> async_store::connection::open(time_point deadline) {
    if (ready_) co_return error_kind::none;
    if (is_opening_) {
        const auto queue_up = [this](resumer<error_kind> r) { wait_for_open_.push_back(std::move(r)); };
        co_return co_await asio::async_initiate<const asio::use_awaitable_t<executor>&, void(error_kind)>(queue_up,
                                                                                                          use_task);
    }
    is_opening_ = true;
    const auto kind = co_await open_once(deadline);
    is_opening_ = false;
    for (auto& r : wait_for_open_)
        asio::post(executor_, [resume = std::move(r), kind]() mutable { std::move(resume)(kind); });
    wait_for_open_.clear();
    co_return kind;
}

task<error_kind> async_store::connection::open_once(time_point deadline) {
    const char* const keys[] = {"dbname", nullptr};
    const char* const values[] = {statements_->connection_string.c_str(), nullptr};
    pg_ = PQconnectStartParams(keys, values, 1);
    if (pg_ == nullptr) co_return error_kind::resources;
    oldest_.set(deadline);  // libpq ignores connect_timeout here
    const bool connected = co_await poll_until_connected();
    const bool late = std::chrono::steady_clock::now() >= deadline;
    oldest_.clear();
    if (!connected || !prepare()) {
        drop(error_kind::connect);
        co_return late ? error_kind::timeout : error_kind::connect;
    }
    ready_ = true;
    listen();
    co_return error_kind::none;
}

// libpq may close its socket and open another in any step: Asio must have let go of it before.
task<bool> async_store::connection::poll_until_connected() {
    auto status = PGRES_POLLING_WRITING;
    while (pg_ != nullptr && PQstatus(pg_) != CONNECTION_BAD && PQsocket(pg_) >= 0) {
        socket_.assign(PQsocket(pg_));
        error_code ec;
        const auto direction = status == PGRES_POLLING_READING ? asio::posix::descriptor_base::wait_read
                                                               : asio::posix::descriptor_base::wait_write;
        co_await socket_.async_wait(direction, asio::redirect_error(use_task, ec));
        if (ec || pg_ == nullptr) co_return false;
        socket_.release();
        status = PQconnectPoll(pg_);
        if (status == PGRES_POLLING_FAILED) co_return false;
        if (status == PGRES_POLLING_OK) {
            socket_.assign(PQsocket(pg_));
            co_return true;
        }
    }
    co_return false;
}

// The statements are prepared in the pipeline's first turn; nobody waits for them but the rows behind them, which
// fail when they do.
bool async_store::connection::prepare() {
    PQsetNoticeProcessor(
        pg_, [](void*, const char*) {}, nullptr);  // what matters of it comes as an error as well
    return PQsetnonblocking(pg_, 1) == 0 && PQenterPipelineMode(pg_) == 1 &&
           PQsendPrepare(pg_, insert_statement, statements_->row_sql.c_str(), 0, nullptr) == 1 &&
           (!statements_->in_batches ||
            PQsendPrepare(pg_, batch_insert_statement, statements_->batch_sql.c_str(), 0, nullptr) == 1);
}

task<error_kind> async_store::connection::insert(std::span<const order_row* const> rows, time_point deadline) {
    const auto opened = co_await open(deadline);
    if (opened != error_kind::none) co_return opened;
    if (!ready_) co_return error_kind::reset;  // lost again before it was our turn
    if (!send(rows)) {
        drop(error_kind::reset);
        co_return error_kind::reset;
    }
    const auto queue_up = [this, deadline](resumer<error_kind> r) {
        waiting_.push_back({std::move(r), deadline, error_kind::none});
        if (waiting_.size() == 1) keep_watch();
        flush();
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<executor>&, void(error_kind)>(queue_up,
                                                                                                      use_task);
}

bool async_store::connection::send(std::span<const order_row* const> rows) {
    if (rows.size() == 1) return send_prepared(insert_statement, row_parameters(*rows.front()).values());
    batch_.fill(rows);
    return send_prepared(batch_insert_statement, batch_.values());
}

// A Sync behind each statement makes it a transaction of its own.
bool async_store::connection::send_prepared(const char* statement,
                                            const std::array<const char*, insert_parameters>& values) {
    return PQsendQueryPrepared(pg_, statement, insert_parameters, values.data(), nullptr, nullptr, 0) == 1 &&
           send_sync(pg_);
}

// While output is left over: the server may be waiting for us to read, too, which listen() does all the time.
void async_store::connection::flush() {
    if (pg_ == nullptr || flushing_) return;
    const int left = PQflush(pg_);
    if (left < 0) return drop(error_kind::reset);
    if (left == 0) return;
    flushing_ = true;
    socket_.async_wait(asio::posix::descriptor_base::wait_write,
                       [self = shared_from_this(), mine = generation_](error_code ec) {
                           if (mine != self->generation_) return;
                           work_for(cpu_section::store);
                           self->flushing_ = false;
                           if (!ec) self->flush();
                       });
}

void async_store::connection::listen() {
    if (listening_ || !ready_) return;
    listening_ = true;
    socket_.async_wait(asio::posix::descriptor_base::wait_read,
                       [self = shared_from_this(), mine = generation_](error_code ec) {
                           if (mine != self->generation_) return;
                           work_for(cpu_section::store);
                           self->listening_ = false;
                           if (ec || PQconsumeInput(self->pg_) == 0 || !self->take_results())
                               return self->drop(error_kind::reset);
                           self->flush();
                           self->listen();
                       });
}

// Per statement: its result, a null, then one PGRES_PIPELINE_SYNC without a null behind it.
bool async_store::connection::take_results() {
    int nulls = 0;  // one stands between two statements; two in a row: nothing is left to read
    while (nulls < 2 && PQisBusy(pg_) == 0) {
        const pg_result result(PQgetResult(pg_));
        nulls = result ? 0 : nulls + 1;
        if (result && !take(*result)) return false;
    }
    return PQstatus(pg_) == CONNECTION_OK;
}

bool async_store::connection::take(const PGresult& result) {
    const auto status = PQresultStatus(&result);
    if (status == PGRES_COMMAND_OK) return true;
    if (waiting_.empty()) return false;
    if (status == PGRES_PIPELINE_SYNC) settle_front(waiting_.front().kind);
    else if (waiting_.front().kind == error_kind::none) {
        const char* code = PQresultErrorField(&result, PG_DIAG_SQLSTATE);
        waiting_.front().kind = kind_of_sql_state(code != nullptr ? code : "");
    }
    return true;
}

void async_store::connection::settle_front(error_kind kind) {
    asio::post(executor_, [resume = std::move(waiting_.front().resume), kind]() mutable { std::move(resume)(kind); });
    waiting_.pop_front();
    keep_watch();
}

void async_store::connection::keep_watch() {
    if (waiting_.empty()) oldest_.clear();
    else oldest_.set(waiting_.front().deadline);
}

void async_store::connection::expire() { drop(error_kind::timeout); }

// What was sent may have been committed, or not: those who wait are told, and may send again.
void async_store::connection::drop(error_kind why) {
    ++generation_;
    ready_ = listening_ = flushing_ = false;
    oldest_.clear();
    if (socket_.is_open()) socket_.release();  // before libpq closes it
    if (pg_ != nullptr) PQfinish(std::exchange(pg_, nullptr));
    while (!waiting_.empty()) settle_front(why);
}

// Rows wait until the event loop has done what was ready, and until they may go (store_settings) and a connection is
// free; then all of them go, as one statement.
class async_store::batches {
public:
    batches(executor ex, std::vector<std::shared_ptr<connection>> connections, store_settings settings)
        : executor_(ex), connections_(std::move(connections)), settings_(settings) {}

    task<error_kind> store(const order_row& row, time_point deadline) {
        const auto queue_up = [this, &row, deadline](resumer<error_kind> r) {
            waiting_.push_back({&row, deadline, std::move(r)});
            look_soon();
        };
        co_return co_await asio::async_initiate<const asio::use_awaitable_t<executor>&, void(error_kind)>(queue_up,
                                                                                                          use_task);
    }

private:
    struct waiter {
        const order_row* row;
        time_point deadline;
        resumer<error_kind> resume;
        error_kind kind = error_kind::resources;  ///< until it is known
    };
    using batch = std::vector<waiter>;

    void look_soon() {
        if (std::exchange(will_look_, true)) return;
        asio::post(executor_, [this] {
            work_for(cpu_section::store);
            will_look_ = false;
            for (auto& c : connections_)
                if (!c->is_writing && settings_.may_go(waiting_.size(), being_written_)) start(*c);
        });
    }

    // Whoever waits is told as the last thing of all: when nobody waits, nothing of this runs any more.
    void start(connection& c) {
        const auto rows = std::make_shared<batch>(take());
        c.is_writing = true;
        being_written_ += rows->size();
        asio::co_spawn(executor_, write(c, *rows), [this, &c, rows](std::exception_ptr) {
            work_for(cpu_section::store);
            c.is_writing = false;
            being_written_ -= rows->size();
            if (!waiting_.empty()) look_soon();
            for (auto& w : *rows)
                asio::post(executor_,
                           [resume = std::move(w.resume), kind = w.kind]() mutable { std::move(resume)(kind); });
        });
    }

    batch take() {
        batch out;
        for (; !waiting_.empty() && out.size() < settings_.rows_per_write; waiting_.pop_front())
            out.push_back(std::move(waiting_.front()));
        return out;
    }

    /// Where a statement of many rows is refused, each is tried alone: only the one that spoils it fails.
    static task<> write(connection& c, batch& rows) {
        const auto kind = co_await try_write(c, rows);
        const bool refused = kind == error_kind::database && rows.size() > 1;
        for (auto& w : rows) {
            w.kind = kind;
            if (refused) w.kind = co_await try_write(c, {&w, 1});
        }
    }

    static task<error_kind> try_write(connection& c, std::span<const waiter> waiters) {
        std::vector<const order_row*> rows;
        rows.reserve(waiters.size());
        auto deadline = time_point::max();
        for (const auto& w : waiters) {
            rows.push_back(w.row);
            deadline = std::min(deadline, w.deadline);
        }
        co_return co_await c.insert(rows, deadline);
    }

    executor executor_;
    std::vector<std::shared_ptr<connection>> connections_;
    store_settings settings_;
    std::size_t being_written_ = 0;
    std::deque<waiter> waiting_;  ///< at most what is in flight
    bool will_look_ = false;
};

async_store::async_store(executor ex, std::string connection_string, const table_name& table, store_settings settings)
    : executor_(ex) {
    const bool in_batches = settings.rows_per_write > 1;
    const auto shared = std::make_shared<const statements>(
        statements{std::move(connection_string), insert_sql(table), batch_insert_sql(table), in_batches});
    for (unsigned i = 0; i < settings.connections; ++i)
        connections_.push_back(std::make_shared<connection>(ex, shared));
    if (in_batches) batches_ = std::make_unique<batches>(ex, connections_, settings);
}

async_store::async_store(async_store&&) noexcept = default;
async_store::~async_store() { close(); }

void async_store::start_opening(time_point deadline) {
    for (auto& c : connections_)
        asio::co_spawn(executor_, c->open(deadline), [c](std::exception_ptr, error_kind) {});  // holds it until then
}

async_store::connection& async_store::least_busy() {
    const auto fewer = [](const auto& a, const auto& b) { return a->busy() < b->busy(); };
    return **std::min_element(connections_.begin(), connections_.end(), fewer);
}

task<error_kind> async_store::store(const order_row& row, time_point deadline) {
    if (batches_) co_return co_await batches_->store(row, deadline);
    const order_row* const only = &row;
    co_return co_await least_busy().insert({&only, 1}, deadline);
}

void async_store::close() noexcept {
    for (auto& c : connections_) c->close();
}

}  // namespace pipebench

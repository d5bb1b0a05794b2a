#include "pipeline/pg_connection.hpp"

#include "contracts/cpu_section.hpp"
#include "contracts/postgres_settings.hpp"
#include "contracts/sql_state.hpp"
#include "pipeline/store_reasons.hpp"

#include <libpq-fe.h>

#include <boost/asio/redirect_error.hpp>

#include <utility>

namespace pipebench {

using boost::system::error_code;

namespace {

struct result_deleter {
    void operator()(PGresult* r) const noexcept { PQclear(r); }
};
using result_pointer = std::unique_ptr<PGresult, result_deleter>;

// Newer versions of libpq can do it without a write; flush() follows.
bool send_sync(PGconn* pg) {
#ifdef LIBPQ_HAS_SEND_PIPELINE_SYNC
    return PQsendPipelineSync(pg) == 1;
#else
    return PQpipelineSync(pg) == 1;
#endif
}

void ignore_notice(void*, const char*) {}

}  // namespace

pg_connection::pg_connection(executor ex, std::shared_ptr<const pg_settings> settings)
    : executor_(ex),
      settings_(std::move(settings)),
      socket_(ex),
      deadline_(ex, [this] { drop(error_kind::timeout); }),
      wait_(settings_->findings) {}

pg_connection::~pg_connection() { close(); }

void pg_connection::close() noexcept { drop(error_kind::reset); }

// --- opening ---

task<error_kind> pg_connection::open(time_point deadline) {
    if (!is_open_) wait_.begin(std::chrono::steady_clock::now());
    return open_ahead(deadline);
}

task<error_kind> pg_connection::open_ahead(time_point deadline) {
    if (is_open_) co_return error_kind::none;
    if (is_opening_)
        co_return co_await suspend<error_kind>(
            [this](resumer<error_kind> resume) { wait_for_open_.push_back(std::move(resume)); });
    is_opening_ = true;
    const auto kind = co_await open_once(deadline);
    is_opening_ = false;
    for (auto& resume : wait_for_open_) resume_soon(executor_, std::move(resume), kind);
    wait_for_open_.clear();
    co_return kind;
}

task<error_kind> pg_connection::open_once(time_point deadline) {
    const char* const keys[] = {"dbname", nullptr};
    const char* const values[] = {settings_->connection_string.c_str(), nullptr};
    pg_ = PQconnectStartParams(keys, values, 1);
    if (pg_ == nullptr) co_return error_kind::resources;
    PQsetNoticeProcessor(pg_, ignore_notice, nullptr);  // important notices also come as errors
    deadline_.set(deadline);                            // libpq ignores connect_timeout here
    const bool connected = co_await poll_until_connected();
    const bool late = std::chrono::steady_clock::now() >= deadline;
    deadline_.clear();
    if (!connected || !set_up()) co_return fail_to_open(late);
    is_open_ = true;
    listen();
    co_return error_kind::none;
}

error_kind pg_connection::fail_to_open(bool late) {
    const auto kind = late ? error_kind::timeout : error_kind::connect;
    const std::string words = pg_ != nullptr ? PQerrorMessage(pg_) : "";
    settings_->findings.explain(stage::store, kind, [&] { return connection_reason(kind, words); });
    drop(kind);
    wait_.miss(std::chrono::steady_clock::now());
    return kind;
}

// libpq may close its socket and open another in any step, so Asio must release the socket before each.
task<bool> pg_connection::poll_until_connected() {
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

// It is sent at the start of the pipeline, without waiting for the results: if a part fails, so does the statement
// that follows, and the connection is dropped.
bool pg_connection::set_up() {
    const auto settings = connection_settings_sql(PQserverVersion(pg_));
    bool good = PQsetnonblocking(pg_, 1) == 0 && PQenterPipelineMode(pg_) == 1 &&
                PQsendQueryParams(pg_, settings.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0) == 1;
    for (const auto& [name, sql] : settings_->statements)
        good = good && PQsendPrepare(pg_, name.c_str(), sql.c_str(), 0, nullptr) == 1;
    set_up_left_ = 1 + settings_->statements.size();
    return good;
}

// --- statements and their results ---

task<error_kind> pg_connection::execute(std::size_t statement, std::span<const char* const> parameters,
                                        time_point deadline) {
    const bool sent = is_open_ && send(statement, parameters);
    if (is_open_ && !sent) drop(error_kind::reset);
    if (set_up_left_ > 0) wait_.begin(std::chrono::steady_clock::now());
    return suspend<error_kind>([this, sent, deadline](resumer<error_kind> resume) {
        if (!sent) return resume_soon(executor_, std::move(resume), error_kind::reset);
        waiting_.push_back({std::move(resume), deadline});
        if (waiting_.size() == 1) watch_oldest();
        flush();
    });
}

// A Sync after each statement makes it a separate transaction.
bool pg_connection::send(std::size_t statement, std::span<const char* const> parameters) {
    const char* name = settings_->statements[statement].name.c_str();
    return PQsendQueryPrepared(pg_, name, static_cast<int>(parameters.size()), parameters.data(), nullptr, nullptr,
                               0) == 1 &&
           send_sync(pg_);
}

// Repeats until all output is sent. The server may be waiting for us to read, which listen() does all the time.
void pg_connection::flush() {
    if (pg_ == nullptr || is_flushing_) return;
    const int left = PQflush(pg_);
    if (left < 0) return drop(error_kind::reset);
    if (left == 0) return;
    is_flushing_ = true;
    socket_.async_wait(asio::posix::descriptor_base::wait_write,
                       [self = shared_from_this(), mine = generation_](error_code ec) {
                           if (mine != self->generation_) return;
                           work_for(cpu_section::store);
                           self->is_flushing_ = false;
                           if (!ec) self->flush();
                       });
}

void pg_connection::listen() {
    if (is_listening_ || !is_open_) return;
    is_listening_ = true;
    socket_.async_wait(asio::posix::descriptor_base::wait_read,
                       [self = shared_from_this(), mine = generation_](error_code ec) {
                           if (mine != self->generation_) return;
                           work_for(cpu_section::store);
                           self->is_listening_ = false;
                           if (ec || PQconsumeInput(self->pg_) == 0 || !self->take_results())
                               return self->drop(error_kind::reset);
                           self->flush();
                           self->listen();
                       });
}

// libpq returns for each statement its result, a null, and one PGRES_PIPELINE_SYNC without a null after it.
bool pg_connection::take_results() {
    int nulls = 0;  // consecutive: one separates two statements, two mean that no result is left
    while (nulls < 2 && PQisBusy(pg_) == 0) {
        const result_pointer result(PQgetResult(pg_));
        nulls = result ? 0 : nulls + 1;
        if (result && !take(*result)) return false;
    }
    return PQstatus(pg_) == CONNECTION_OK;
}

bool pg_connection::take(const PGresult& result) {
    const auto status = PQresultStatus(&result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
        if (set_up_left_ > 0) take_step_of_set_up();
        return true;
    }
    if (waiting_.empty()) return false;
    if (status != PGRES_PIPELINE_SYNC) {
        take_refusal(result);
        return true;
    }
    settle_oldest(waiting_.front().kind);
    return set_up_left_ == 0;
}

void pg_connection::take_step_of_set_up() {
    if (--set_up_left_ == 0) wait_.end(std::chrono::steady_clock::now());
}

/// Only the first one of a statement counts: those that follow say that the pipeline was aborted.
void pg_connection::take_refusal(const PGresult& result) {
    auto& oldest = waiting_.front();
    if (oldest.kind != error_kind::none) return;
    const char* code = PQresultErrorField(&result, PG_DIAG_SQLSTATE);
    oldest.kind = kind_of_sql_state(code != nullptr ? code : "");
    settings_->findings.explain(stage::store, oldest.kind, [&] {
        const char* words = PQresultErrorField(&result, PG_DIAG_MESSAGE_PRIMARY);
        return refusal_reason(code != nullptr ? code : "", words != nullptr ? words : PQresultErrorMessage(&result));
    });
}

void pg_connection::settle_oldest(error_kind kind) {
    resume_soon(executor_, std::move(waiting_.front().resume), kind);
    waiting_.pop_front();
    watch_oldest();
}

void pg_connection::watch_oldest() {
    if (waiting_.empty()) deadline_.clear();
    else deadline_.set(waiting_.front().deadline);
}

// A statement that was sent may have been committed or not: its waiter gets `why`, and may send it again.
void pg_connection::drop(error_kind why) {
    if (!waiting_.empty()) explain_loss(why);
    ++generation_;
    is_open_ = is_listening_ = is_flushing_ = false;
    set_up_left_ = 0;
    deadline_.clear();
    if (socket_.is_open()) socket_.release();  // before libpq closes it
    if (pg_ != nullptr) PQfinish(std::exchange(pg_, nullptr));
    while (!waiting_.empty()) settle_oldest(why);
}

void pg_connection::explain_loss(error_kind why) {
    if (set_up_left_ > 0) wait_.miss(std::chrono::steady_clock::now());
    settings_->findings.explain(stage::store, why,
                                [&] { return connection_reason(why, pg_ != nullptr ? PQerrorMessage(pg_) : ""); });
}

}  // namespace pipebench

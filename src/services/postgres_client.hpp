// A connection of the session to PostgreSQL, for its own statements: schema, tables, ledger. No call waits without a
// limit, and a signal ends every wait.
#pragma once

#include "pipebench/duration.hpp"
#include "system/patience.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

using PGconn = struct pg_conn;
using PGresult = struct pg_result;

namespace pipebench {

/// The rows of an answer.
class postgres_answer {
public:
    explicit postgres_answer(PGresult* owned) noexcept : result_(owned) {}

    [[nodiscard]] std::size_t size() const noexcept;
    /// A value as text, valid while the answer lives; empty if it is null or there is no such row or column.
    [[nodiscard]] const char* text(std::size_t row, int column) const noexcept;
    /// A whole number. Throws setup_error if the value is none.
    [[nodiscard]] std::int64_t number(std::size_t row, int column) const;

    [[nodiscard]] const PGresult* native() const noexcept { return result_.get(); }

private:
    struct deleter {
        void operator()(PGresult* r) const noexcept;
    };
    std::unique_ptr<PGresult, deleter> result_;
};

struct postgres_limits {
    /// Until a host of the connection string answers; connect_timeout in the connection string replaces it.
    duration connect = std::chrono::seconds(10);
    /// Until a statement is answered. The server ends it a little earlier, and a wait for a lock still earlier.
    duration answer = std::chrono::seconds(30);
    /// How long a server that cannot be reached, or that drops the connection, is tried again; 0: not at all.
    duration away{};
};

/// Connects at the first statement, and again after the connection was lost. Each connection has the settings that our
/// statements rely on, whatever server, database, role or environment have set. For the main thread.
class postgres_client {
public:
    /// Does not connect.
    postgres_client(std::string connection_string, const patience& until, postgres_limits limits = {});
    postgres_client(const postgres_client&) = delete;
    postgres_client& operator=(const postgres_client&) = delete;
    ~postgres_client();

    /// Sends one statement, with text parameters, or several in one transaction, without. Returns the answer to the
    /// last. If the server was away, they are sent again: they must be harmless when executed twice. Throws
    /// `interrupted`, or setup_error in one line, without secrets, for every other failure.
    postgres_answer ask(const std::string& sql, std::span<const std::string> parameters = {});

private:
    using clock = patience::clock;
    struct deleter {
        void operator()(PGconn* c) const noexcept;
    };
    using connection = std::unique_ptr<PGconn, deleter>;

    [[nodiscard]] postgres_answer exchange(const std::string& sql, std::span<const std::string> parameters);
    [[nodiscard]] connection open() const;
    [[nodiscard]] postgres_answer answer_to(PGconn* c, const std::string& sql,
                                            std::span<const std::string> parameters) const;
    [[nodiscard]] bool poll_until_connected(PGconn* c) const;
    [[nodiscard]] bool is_ready(PGconn* c, short events, clock::time_point deadline) const;

    std::string connection_string_;
    patience until_;
    postgres_limits limits_;
    connection connection_;  ///< empty before the first statement, and after a failure
};

}  // namespace pipebench

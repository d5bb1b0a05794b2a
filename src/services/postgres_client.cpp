#include "services/postgres_client.hpp"

#include "contracts/postgres_settings.hpp"
#include "contracts/sql_state.hpp"
#include "contracts/units.hpp"
#include "services/inspect_postgres.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

namespace pipebench {
namespace {

constexpr std::chrono::milliseconds pause_before_retry{100};
constexpr duration least_connect_timeout = std::chrono::seconds(2);  ///< of connect_timeout, as in libpq
constexpr double share_for_statement = 0.9, share_for_lock = 0.8;    ///< of the limit for an answer

/// The server cannot be reached, or has dropped the connection: it may work again later.
class server_away : public setup_error {
public:
    using setup_error::setup_error;
};

void ignore_notice(void*, const PGresult*) {}

/// The settings of every connection, and the limits of this one.
std::string settings_sql(int server_version, const postgres_limits& limits) {
    const auto milliseconds = [&](double share) {
        return static_cast<std::int64_t>(share * std::chrono::duration<double, std::milli>(limits.answer).count());
    };
    return fmt::format("{}; SET statement_timeout = {}; SET lock_timeout = {}",
                       connection_settings_sql(server_version), milliseconds(share_for_statement),
                       milliseconds(share_for_lock));
}

/// The options of a connection, also those that come from the environment or a service file.
class connection_options {
public:
    explicit connection_options(PGconn* c) : all_(PQconninfo(c)) {}

    [[nodiscard]] std::string value_of(std::string_view keyword) const {
        for (const auto* o = all_.get(); o != nullptr && o->keyword != nullptr; ++o)
            if (o->val != nullptr && keyword == o->keyword) return o->val;
        return {};
    }
    [[nodiscard]] std::vector<std::string> list_of(std::string_view keyword) const {
        std::vector<std::string> out;
        const auto all = value_of(keyword);
        if (all.empty()) return out;
        for (std::size_t at = 0; at <= all.size();) {
            const auto comma = std::min(all.find(',', at), all.size());
            out.push_back(all.substr(at, comma - at));
            at = comma + 1;
        }
        return out;
    }

private:
    struct deleter {
        void operator()(PQconninfoOption* o) const noexcept { PQconninfoFree(o); }
    };
    std::unique_ptr<PQconninfoOption, deleter> all_;
};

/// The hosts to try, as libpq's lists of the same length; all empty: those of the connection string.
struct hosts {
    std::string host, hostaddr, port;
};

/// libpq would go to the next host only after an answer of this one. nullopt if there is none.
std::optional<hosts> hosts_behind_current(PGconn* c) {
    const connection_options options(c);
    const auto names = options.list_of("host"), addresses = options.list_of("hostaddr"),
               ports = options.list_of("port");
    const auto of = [](const auto& list, std::size_t i) { return i < list.size() ? list[i] : std::string(); };
    const auto port_of = [&](std::size_t i) { return ports.size() == 1 ? ports[0] : of(ports, i); };
    const auto all = std::max(names.size(), addresses.size());
    std::size_t next = 0;
    while (next < all) {
        const auto name = of(names, next).empty() ? of(addresses, next) : of(names, next);
        const auto port = port_of(next++);
        if (name == PQhost(c) && (port.empty() || port == PQport(c))) break;
    }
    if (next >= all) return std::nullopt;
    std::vector<std::string> host, hostaddr, port;
    for (; next < all; ++next) {
        host.push_back(of(names, next));
        hostaddr.push_back(of(addresses, next));
        port.push_back(port_of(next));
    }
    const auto join = [](const auto& list) { return fmt::format("{}", fmt::join(list, ",")); };
    return hosts{names.empty() ? "" : join(host), addresses.empty() ? "" : join(hostaddr), join(port)};
}

PGconn* start_to_connect(const std::string& connection_string, const hosts& only) {
    std::vector<const char*> keys{"fallback_application_name", "dbname"},
        values{"pipebench", connection_string.c_str()};
    for (const auto& [key, value] :
         {std::pair("host", &only.host), {"hostaddr", &only.hostaddr}, {"port", &only.port}})
        if (!value->empty()) {
            keys.push_back(key);
            values.push_back(value->c_str());
        }
    keys.push_back(nullptr);
    values.push_back(nullptr);
    PGconn* c = PQconnectStartParams(keys.data(), values.data(), 1);
    if (c == nullptr) throw std::bad_alloc();
    PQsetNoticeReceiver(c, ignore_notice, nullptr);  // libpq would print them
    return c;
}

/// The host that libpq is trying.
std::string current_host(PGconn* c) {
    const auto text = [](const char* t) { return t != nullptr ? t : ""; };
    return fmt::format("{} {}", text(PQhost(c)), text(PQport(c)));
}

duration connect_limit(PGconn* c, duration usual) {
    const auto given = std::chrono::seconds(std::atoi(connection_options(c).value_of("connect_timeout").c_str()));
    return given.count() > 0 ? std::max<duration>(given, least_connect_timeout) : usual;
}

/// Throws if the answer is an error.
void throw_if_refused(const postgres_answer& answer, PGconn* c, const std::string& connection_string) {
    const auto status = PQresultStatus(answer.native());
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY) return;
    const char* code = PQresultErrorField(answer.native(), PG_DIAG_SQLSTATE);
    const char* message = PQresultErrorField(answer.native(), PG_DIAG_MESSAGE_PRIMARY);
    const auto why = one_line(without_secrets(message != nullptr ? message : PQerrorMessage(c), connection_string));
    const bool lost = code == nullptr || PQstatus(c) == CONNECTION_BAD;
    if (lost || kind_of_sql_state(code) == error_kind::reset) throw server_away(why);
    throw setup_error(why);
}

}  // namespace

// --- answers ---

void postgres_answer::deleter::operator()(PGresult* r) const noexcept { PQclear(r); }

std::size_t postgres_answer::size() const noexcept { return static_cast<std::size_t>(PQntuples(result_.get())); }

const char* postgres_answer::text(std::size_t row, int column) const noexcept {
    const bool exists = row < size() && column < PQnfields(result_.get());
    return exists ? PQgetvalue(result_.get(), static_cast<int>(row), column) : "";
}

std::int64_t postgres_answer::number(std::size_t row, int column) const {
    const std::string_view given = text(row, column);
    std::int64_t out = 0;
    const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), out);
    if (error != std::errc{} || end != given.data() + given.size() || given.empty())
        throw setup_error(fmt::format("PostgreSQL answered '{}' for a number", printable(given, 40)));
    return out;
}

// --- the connection ---

void postgres_client::deleter::operator()(PGconn* c) const noexcept { PQfinish(c); }

postgres_client::postgres_client(std::string connection_string, const patience& until, postgres_limits limits)
    : connection_string_(std::move(connection_string)), until_(until), limits_(limits) {}

postgres_client::~postgres_client() = default;

postgres_answer postgres_client::ask(const std::string& sql, std::span<const std::string> parameters) {
    const auto give_up = clock::now() + limits_.away;
    for (;;) {
        try {
            return exchange(sql, parameters);
        } catch (const server_away&) {
            if (clock::now() >= give_up) throw;
        }
        connection_.reset();
        if (until_.wait(-1, 0, clock::now() + pause_before_retry) == wait_end::interrupted) throw interrupted();
    }
}

/// The connection is dropped unless the statement was answered: a late answer would be taken for the next one's.
postgres_answer postgres_client::exchange(const std::string& sql, std::span<const std::string> parameters) {
    auto used = connection_ ? std::move(connection_) : open();
    auto answer = answer_to(used.get(), sql, parameters);
    connection_ = std::move(used);
    throw_if_refused(answer, connection_.get(), connection_string_);
    return answer;
}

postgres_client::connection postgres_client::open() const {
    static_cast<void>(printable_postgres(connection_string_));  // throws before libpq can print parts of a password
    connection c;
    std::optional<hosts> to_try = hosts{};
    for (; to_try; to_try = hosts_behind_current(c.get())) {
        c.reset(start_to_connect(connection_string_, *to_try));
        if (!poll_until_connected(c.get())) continue;
        PQsetnonblocking(c.get(), 1);
        throw_if_refused(answer_to(c.get(), settings_sql(PQserverVersion(c.get()), limits_), {}), c.get(),
                         connection_string_);
        return c;
    }
    throw setup_error("cannot connect: no answer within " + format_duration(connect_limit(c.get(), limits_.connect)));
}

/// False if the host that libpq is trying does not answer in time. libpq may close its socket and open another in each
/// step, and goes to the next host by itself when this one refuses.
bool postgres_client::poll_until_connected(PGconn* c) const {
    const auto limit = connect_limit(c, limits_.connect);
    std::string host;
    clock::time_point deadline;
    for (auto status = PGRES_POLLING_WRITING; status != PGRES_POLLING_OK; status = PQconnectPoll(c)) {
        if (PQstatus(c) == CONNECTION_BAD || status == PGRES_POLLING_FAILED)
            throw server_away("cannot connect: " + one_line(without_secrets(PQerrorMessage(c), connection_string_)));
        if (auto now = current_host(c); now != host) {
            host = std::move(now);
            deadline = clock::now() + limit;
        }
        if (!is_ready(c, status == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline)) return false;
    }
    return true;
}

postgres_answer postgres_client::answer_to(PGconn* c, const std::string& sql,
                                           std::span<const std::string> parameters) const {
    std::vector<const char*> values;
    for (const auto& p : parameters) values.push_back(p.c_str());
    const int sent = values.empty() ? PQsendQuery(c, sql.c_str())
                                    : PQsendQueryParams(c, sql.c_str(), static_cast<int>(values.size()), nullptr,
                                                        values.data(), nullptr, nullptr, 0);
    const auto lost = [&] { return server_away(one_line(without_secrets(PQerrorMessage(c), connection_string_))); };
    if (sent != 1) throw lost();
    const auto deadline = clock::now() + limits_.answer;
    postgres_answer last(nullptr);
    for (;;) {
        const int unsent = PQflush(c);
        if (unsent < 0) throw lost();
        while (unsent == 0 && PQisBusy(c) == 0) {
            postgres_answer next(PQgetResult(c));
            if (next.native() == nullptr) return last;
            // Of several statements the first error is the last answer.
            last = std::move(next);
        }
        if (!is_ready(c, static_cast<short>(unsent == 0 ? POLLIN : POLLIN | POLLOUT), deadline))
            throw setup_error("no answer within " + format_duration(limits_.answer));
        if (PQconsumeInput(c) == 0) throw lost();
    }
}

/// False after the deadline, even if the socket is ready: a server that sends without end cannot keep us.
bool postgres_client::is_ready(PGconn* c, short events, clock::time_point deadline) const {
    const auto end = clock::now() < deadline ? until_.wait(PQsocket(c), events, deadline) : wait_end::timed_out;
    if (until_.is_over()) throw interrupted();
    return end == wait_end::ready;
}

}  // namespace pipebench

#include "services/inspect_postgres.hpp"

#include "contracts/error.hpp"

#include <libpq-fe.h>

#include <fmt/format.h>

#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

namespace pipebench {
namespace {

struct finisher {
    void operator()(PGconn* c) const noexcept { PQfinish(c); }
    void operator()(PGresult* r) const noexcept { PQclear(r); }
    void operator()(PQconninfoOption* o) const noexcept { PQconninfoFree(o); }
};
using connection = std::unique_ptr<PGconn, finisher>;
using options = std::unique_ptr<PQconninfoOption, finisher>;

/// libpq ends a password at an unencoded '@' or '/', and would use the rest as host and database.
bool password_may_be_cut(std::string_view connection_string) {
    const auto scheme = connection_string.find("://");
    if (!connection_string.starts_with("postgres") || scheme == connection_string.npos) return false;
    const auto rest = connection_string.substr(scheme + 3);
    const auto at = rest.find('@');
    return at != rest.npos && (rest.find('/') < at || rest.find('@', at + 1) != rest.npos);
}

/// libpq accepts any text as a port, such as "sekrit" in postgresql://me:sekrit.
bool has_odd_port(const PQconninfoOption* o) {
    for (; o->keyword != nullptr; ++o)
        if (o->val != nullptr && std::string_view(o->keyword) == "port")
            return std::string_view(o->val).find_first_not_of("0123456789,") != std::string_view::npos;
    return false;
}

options parse(const std::string& connection_string) {
    if (password_may_be_cut(connection_string))
        throw setup_error("--postgres: there is an '@' or '/' before the last '@' of the URL: in a user name or a "
                          "password, write them "
                          "as %40 and %2F");
    char* complaint = nullptr;  // repeats parts of the input, so it is never shown
    const bool has_nul = connection_string.find('\0') != std::string::npos;  // libpq would read only up to it
    options parsed(has_nul ? nullptr : PQconninfoParse(connection_string.c_str(), &complaint));
    PQfreemem(complaint);
    if (!parsed || has_odd_port(parsed.get()))
        throw setup_error(
            "--postgres: not a connection string; expected postgresql://user@host:port/database or key=value pairs");
    return parsed;
}

std::string without_secrets(std::string text, const std::string& connection_string) {
    const auto parsed = parse(connection_string);
    for (const auto* o = parsed.get(); o->keyword != nullptr; ++o) {
        const std::string value = o->val != nullptr ? o->val : "";
        if (std::string(o->dispchar) != "*" || value.empty()) continue;
        for (auto at = text.find(value); at != std::string::npos; at = text.find(value, at + 3))
            text.replace(at, value.size(), "***");
    }
    return text;
}

connection connect(const std::string& connection_string) {
    const char* const keys[] = {"connect_timeout", "fallback_application_name", "dbname", nullptr};
    const char* const values[] = {"10", "pipebench", connection_string.c_str(), nullptr};
    static_cast<void>(parse(connection_string));  // throws before libpq can print parts of a password as a host
    connection c(PQconnectdbParams(keys, values, 1));
    if (PQstatus(c.get()) != CONNECTION_OK) {
        std::string why = without_secrets(PQerrorMessage(c.get()), connection_string);
        why.erase(why.find_last_not_of('\n') + 1);
        throw setup_error("--postgres: cannot connect: " + printable(why.substr(0, why.find('\n'))));
    }
    return c;
}

std::string ask(PGconn* c, const char* sql) {
    const std::unique_ptr<PGresult, finisher> r(PQexec(c, sql));
    return PQresultStatus(r.get()) == PGRES_TUPLES_OK && PQntuples(r.get()) > 0 ? PQgetvalue(r.get(), 0, 0) : "";
}

}  // namespace

std::string printable_postgres(const std::string& connection_string) {
    const auto parsed = parse(connection_string);
    std::string out;
    for (const auto* o = parsed.get(); o->keyword != nullptr; ++o) {
        const std::string key = o->keyword;
        if (o->val == nullptr || (key != "host" && key != "port" && key != "dbname" && key != "user")) continue;
        out += fmt::format("{}{}={}", out.empty() ? "" : " ", key, printable(o->val, 100));
    }
    return out;
}

server_info inspect_postgres(const std::string& connection_string, std::string origin) {
    const auto c = connect(connection_string);
    const auto setting = [&](const char* name) {
        return fmt::format("{}={}", name, ask(c.get(), fmt::format("SHOW {}", name).c_str()));
    };
    return {.name = "postgres",
            .version = ask(c.get(), "SHOW server_version"),
            .origin = std::move(origin),
            .settings =
                fmt::format("{} {} {} {} {}", setting("fsync"), setting("full_page_writes"),
                            setting("synchronous_commit"), setting("shared_buffers"), setting("max_connections"))};
}

std::uint64_t free_connections(const std::string& connection_string) {
    const auto c = connect(connection_string);
    const auto free =
        ask(c.get(), "SELECT greatest(0, current_setting('max_connections')::int "
                     "- current_setting('superuser_reserved_connections')::int "
                     "- (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'))");
    return std::strtoull(free.c_str(), nullptr, 10);
}

}  // namespace pipebench

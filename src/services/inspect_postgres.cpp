#include "services/inspect_postgres.hpp"

#include "contracts/error.hpp"
#include "services/postgres_client.hpp"

#include <libpq-fe.h>

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

namespace pipebench {
namespace {

struct finisher {
    void operator()(PQconninfoOption* o) const noexcept { PQconninfoFree(o); }
};
using options = std::unique_ptr<PQconninfoOption, finisher>;

/// libpq ends a password at an unencoded '@' or '/', and would use the rest as host and database. Without a '/' it
/// takes all before an '@' in the query for a user. Any other '@' in the query means nothing.
bool password_may_be_cut(std::string_view connection_string) {
    const auto scheme = connection_string.find("://");
    if (!connection_string.starts_with("postgres") || scheme == connection_string.npos) return false;
    const auto rest = connection_string.substr(scheme + 3);
    const auto at = rest.find('@'), slash = rest.find('/'), query = rest.find('?');
    if (at == rest.npos) return false;
    const auto before_query = rest.substr(0, rest.find('?', std::min(at, slash)));
    const bool is_in_query = query < at && at < slash && rest.substr(query, at - query).find('=') != rest.npos;
    return before_query.find('@', at + 1) != rest.npos || (slash < at && at < before_query.size()) || is_in_query;
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
        throw setup_error("--postgres: libpq would misread the URL, which has an '@' or '/' in a user name or a "
                          "password, or an '@' behind a '?' without a '/': write them as %40 and %2F, and '/' before "
                          "'?'");
    char* complaint = nullptr;  // repeats parts of the input, so it is never shown
    const bool has_nul = connection_string.find('\0') != std::string::npos;  // libpq would read only up to it
    options parsed(has_nul ? nullptr : PQconninfoParse(connection_string.c_str(), &complaint));
    PQfreemem(complaint);
    if (!parsed || has_odd_port(parsed.get()))
        throw setup_error(
            "--postgres: not a connection string; expected postgresql://user@host:port/database or key=value pairs");
    return parsed;
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

postgres_facts inspect_postgres(const std::string& connection_string, std::string origin, const patience& until) try {
    postgres_client server(connection_string, until);
    const auto answer =
        server.ask("SELECT current_setting('server_version'), "
                   "concat_ws(' ', 'fsync=' || current_setting('fsync'), "
                   "'full_page_writes=' || current_setting('full_page_writes'), "
                   "'synchronous_commit=' || current_setting('synchronous_commit'), "
                   "'shared_buffers=' || current_setting('shared_buffers'), "
                   "'max_connections=' || current_setting('max_connections')), "
                   "greatest(0, current_setting('max_connections')::int "
                   "- current_setting('superuser_reserved_connections')::int "
                   "- (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'))");
    return {.server = {.name = "postgres",
                       .version = printable(answer.text(0, 0), 60),
                       .origin = std::move(origin),
                       .settings = printable(answer.text(0, 1), 300)},
            .free_connections = static_cast<std::uint64_t>(answer.number(0, 2))};
} catch (const interrupted&) {
    throw;
} catch (const setup_error& e) {
    const std::string why = e.what();
    throw why.starts_with("--postgres") ? e : setup_error("--postgres: " + why);
}

postgres_question ask_postgres(const std::string& connection_string, const patience& until) {
    auto server = std::make_shared<postgres_client>(connection_string, until);
    return [server](const std::string& sql) { return std::string(server->ask(sql).text(0, 0)); };
}

}  // namespace pipebench

#include "services/postgres.hpp"

#include "contracts/error.hpp"
#include "services/find_program.hpp"
#include "system/environment.hpp"
#include "system/kill.hpp"

#include <fcntl.h>
#include <libpq-fe.h>
#include <sys/stat.h>

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>

namespace pipebench {

namespace fs = std::filesystem;

namespace {

constexpr auto start_limit = std::chrono::seconds(30);
constexpr auto initdb_limit = std::chrono::seconds(120);
constexpr auto stop_patience = std::chrono::seconds(5);
constexpr std::uint64_t spare_connections = 10;  ///< ours, for schema and ledger, and those reserved for superusers

const std::vector<std::string> initdb_options{
    "-U", "pipebench", "-A", "trust", "--no-sync", "--no-instructions", "--locale=C", "-E", "UTF8"};

fs::path bindir_or_advice(const std::string& given) {
    if (auto found = find_postgres_bindir(given)) return *found;
    if (!given.empty()) throw setup_error("--pg-bindir: no 'postgres' and 'initdb' in " + given);
    throw setup_error("no PostgreSQL server found: apt-get install postgresql, or use --pg-bindir or --postgres");
}

std::string end_of_log(const fs::path& log) {
    std::ifstream in(log);
    std::string text, line, last;
    while (std::getline(in, line))
        if (!line.empty()) last = line;
    return printable(last);
}

void give_to(const fs::path& root, const user_identity& user) {
    if (::lchown(root.c_str(), user.uid, user.gid) != 0)
        throw system_failure("cannot change the owner of " + root.native(), errno);
    for (const auto& entry : fs::recursive_directory_iterator(root))
        if (::lchown(entry.path().c_str(), user.uid, user.gid) != 0)
            throw system_failure("cannot change the owner of " + entry.path().native(), errno);
}

void run_initdb(const fs::path& bindir, const fs::path& data, const fs::path& log,
                const std::optional<user_identity>& user) {
    const descriptor log_file(::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    child_settings settings;
    settings.arguments = {(bindir / "initdb").native(), "-D", data.native()};
    settings.arguments.insert(settings.arguments.end(), initdb_options.begin(), initdb_options.end());
    settings.environment = clean_environment();
    settings.descriptors = {{1, log_file.get()}, {2, log_file.get()}};
    settings.user = user;
    settings.directory = data.parent_path().native();
    auto initdb = child_process::spawn(settings);
    const auto end = initdb.wait_for(initdb_limit);
    if (!end || !end->exited_with(0))
        throw setup_error(fmt::format("initdb {}: {}", end ? end->describe() : "took too long", end_of_log(log)));
}

/// The cached template for exactly this server, or where it would be; empty without a cache.
fs::path template_for(const fs::path& bindir) {
    const auto cache = postgres_template_cache();
    if (cache.empty()) return {};
    std::string key = first_line_of(bindir / "postgres", "--version");
    for (const auto& option : initdb_options) key += ' ' + option;
    return cache / fmt::format("pgdata-{:016x}", std::hash<std::string>{}(key));
}

/// Best effort: without a cache the next start is slower, and nothing else.
void keep_template(const fs::path& data, const fs::path& kept) {
    std::error_code ec;
    fs::create_directories(kept.parent_path(), ec);
    std::string temporary = kept.native() + ".XXXXXX";
    if (ec || ::mkdtemp(temporary.data()) == nullptr) return;
    fs::copy(data, temporary, fs::copy_options::recursive, ec);
    if (!ec) fs::rename(temporary, kept, ec);
    if (ec) fs::remove_all(temporary, ec);
}

void make_data_directory(const fs::path& bindir, const fs::path& data, const fs::path& log,
                         const std::optional<user_identity>& user) {
    const auto kept = template_for(bindir);
    std::error_code ec;
    if (!kept.empty() && fs::exists(kept / "PG_VERSION", ec)) {
        fs::copy(kept, data, fs::copy_options::recursive, ec);
        if (!ec) {
            ::chmod(data.c_str(), 0700);
            if (user) give_to(data, *user);
            return;
        }
        fs::remove_all(data, ec);
    }
    run_initdb(bindir, data, log, user);
    if (!kept.empty()) keep_template(data, kept);
}

child_process start_server(const fs::path& bindir, const fs::path& home, std::uint64_t connections,
                           const std::optional<user_identity>& user) {
    const auto data = home / "data", log = home / "log";
    const descriptor log_file(::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    child_settings settings;
    settings.arguments = {(bindir / "postgres").native(), "-D", data.native(), "-k", home.native()};
    for (const auto& setting :
         {std::string("listen_addresses="), std::string("unix_socket_permissions=0700"), std::string("fsync=off"),
          std::string("full_page_writes=off"), std::string("synchronous_commit=on"), std::string("autovacuum=off"),
          std::string("logging_collector=off"), std::string("log_destination=stderr"),
          std::string("shared_buffers=128MB"), fmt::format("max_connections={}", connections + spare_connections)})
        settings.arguments.insert(settings.arguments.end(), {"-c", setting});
    settings.environment = clean_environment();
    settings.descriptors = {{1, log_file.get()}, {2, log_file.get()}};
    settings.user = user;
    settings.directory = data.native();
    settings.death_signal = SIGQUIT;  // immediate shutdown; the postmaster ends its children itself
    return child_process::spawn(settings);
}

void wait_for_answer(child_process& server, const std::string& connection_string, const fs::path& log) {
    const auto deadline = std::chrono::steady_clock::now() + start_limit;
    while (PQping(connection_string.c_str()) != PQPING_OK) {
        if (const auto end = server.wait_for(std::chrono::milliseconds(10)))
            throw setup_error(fmt::format("PostgreSQL {}: {}", end->describe(), end_of_log(log)));
        if (std::chrono::steady_clock::now() > deadline)
            throw setup_error("PostgreSQL does not answer: " + end_of_log(log));
    }
}

struct finisher {
    void operator()(PGconn* c) const noexcept { PQfinish(c); }
    void operator()(PGresult* r) const noexcept { PQclear(r); }
    void operator()(PQconninfoOption* o) const noexcept { PQconninfoFree(o); }
};
using connection = std::unique_ptr<PGconn, finisher>;
using options = std::unique_ptr<PQconninfoOption, finisher>;

/// A password with an '@' or '/' that is not encoded ends there for libpq: it takes the rest for host and database.
bool password_has_spilled(std::string_view connection_string) {
    const auto scheme = connection_string.find("://");
    if (!connection_string.starts_with("postgres") || scheme == connection_string.npos) return false;
    const auto rest = connection_string.substr(scheme + 3);
    const auto at = rest.find('@');
    return at != rest.npos && (rest.find('/') < at || rest.find('@', at + 1) != rest.npos);
}

/// libpq takes anything for a port, and "sekrit" in postgresql://me:sekrit for one.
bool has_odd_port(const PQconninfoOption* o) {
    for (; o->keyword != nullptr; ++o)
        if (o->val != nullptr && std::string_view(o->keyword) == "port")
            return std::string_view(o->val).find_first_not_of("0123456789,") != std::string_view::npos;
    return false;
}

options parse(const std::string& connection_string) {
    if (password_has_spilled(connection_string))
        throw setup_error(
            "--postgres: in a URL, only the '@' before the host may stand as it is, and no '/' before that: "
            "write %40 and %2F in a password");
    char* complaint = nullptr;                                           // repeats parts of the input: never shown
    const bool cut = connection_string.find('\0') != std::string::npos;  // libpq would read up to there
    options parsed(cut ? nullptr : PQconninfoParse(connection_string.c_str(), &complaint));
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
    static_cast<void>(parse(connection_string));  // libpq's complaints repeat what it takes for the host
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

/// As a value in a URL (RFC 3986, 2.1); a slash may stand there as it is.
std::string percent_encoded(const fs::path& path) {
    std::string out;
    for (const char c : path.native()) {
        const bool plain =
            std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '/' || c == '-' || c == '_' || c == '.';
        if (plain) out += c;
        else out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

/// libpq would take PGPORT, PGSERVICE, PGOPTIONS and the like for ours, too: they are meant for another server.
void forget_libpq_environment() {
    std::vector<std::string> names;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view variable(*entry);
        if (variable.starts_with("PG")) names.emplace_back(variable.substr(0, variable.find('=')));
    }
    for (const auto& name : names) ::unsetenv(name.c_str());
}

}  // namespace

fs::path postgres_template_cache() {
    if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/')
        return fs::path(cache) / "pipebench";
    if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
        return fs::path(home) / ".cache/pipebench";
    return {};
}

throwaway_postgres::throwaway_postgres(const scratch_directory& scratch, const postgres_settings& settings)
    : connections_(settings.connections),
      user_(server_user("postgres")),
      connection_string_(fmt::format("postgresql:///postgres?host={}&user=pipebench",
                                     percent_encoded(scratch.path() / "postgres"))) {
    forget_libpq_environment();
    bindir_ = bindir_or_advice(settings.bindir);
    home_ = scratch.make("postgres", user_);
    make_data_directory(bindir_, home_ / "data", home_ / "log", user_);
    server_.emplace(start_server(bindir_, home_, connections_, user_));
    wait_until_ready();
}

throwaway_postgres::~throwaway_postgres() {
    if (server_) server_->stop(SIGINT, stop_patience);
}

void throwaway_postgres::wait_until_ready() { wait_for_answer(*server_, connection_string_, home_ / "log"); }

// Its backends must be gone before the next one starts: they hold the shared memory that it will ask for.
void throwaway_postgres::kill_and_start_again() {
    kill_tree(server_->pid());
    server_.reset();
    server_.emplace(start_server(bindir_, home_, connections_, user_));
}

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
    return {"postgres", ask(c.get(), "SHOW server_version"), std::move(origin),
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

#include "services/throwaway_postgres.hpp"

#include "contracts/error.hpp"
#include "contracts/url.hpp"
#include "services/find_program.hpp"
#include "services/postgres_client.hpp"
#include "services/postgres_data_directory.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include <cstdlib>
#include <string_view>
#include <vector>

namespace pipebench {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t spare_connections = 10;  ///< for schema, ledger, and the reserve of superusers

fs::path bindir_or_advice(const std::string& given) {
    if (auto found = find_postgres_bindir(given)) return *found;
    if (!given.empty()) throw setup_error("--pg-bindir: no 'postgres' and 'initdb' in " + given);
    throw setup_error("no PostgreSQL server found: apt-get install postgresql, or use --pg-bindir or --postgres");
}

/// libpq would also use PGPORT, PGSERVICE, PGOPTIONS and others, which are meant for another server, for ours.
void remove_libpq_environment() {
    std::vector<std::string> names;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view variable(*entry);
        if (variable.starts_with("PG")) names.emplace_back(variable.substr(0, variable.find('=')));
    }
    for (const auto& name : names) ::unsetenv(name.c_str());
}

std::vector<std::string> server_command(const fs::path& bindir, const fs::path& home, std::uint64_t connections) {
    std::vector<std::string> out{(bindir / "postgres").native(), "-D", (home / "data").native(), "-k", home.native()};
    for (const char* setting : {"listen_addresses=", "unix_socket_permissions=0700", "fsync=off",
                                "full_page_writes=off", "synchronous_commit=on", "autovacuum=off",
                                "logging_collector=off", "log_destination=stderr", "shared_buffers=128MB"})
        out.insert(out.end(), {"-c", setting});
    out.insert(out.end(), {"-c", fmt::format("max_connections={}", connections + spare_connections)});
    return out;
}

bool answers(const std::string& connection_string, const patience& until) try {
    constexpr std::chrono::seconds limit{1};
    postgres_client(connection_string, until, {.connect = limit, .answer = limit}).ask("SELECT");
    return true;
} catch (const interrupted&) {
    throw;
} catch (const setup_error&) {
    return false;
}

/// Makes the data directory. Returns the settings to start the server with.
throwaway_server::settings prepare(const scratch_directory& scratch, const postgres_settings& wanted,
                                   const std::string& connection_string, const patience& until) {
    remove_libpq_environment();
    const auto bindir = bindir_or_advice(wanted.bindir);
    const auto user = server_user("postgres");
    const auto home = scratch.make("postgres", user);
    make_postgres_data_directory({.bindir = bindir, .data = home / "data", .owner = user}, until);
    return {.name = "PostgreSQL",
            .arguments = server_command(bindir, home, wanted.connections),
            .directory = home / "data",
            .log = home / "log",
            .user = user,
            .answers = [connection_string](const patience& p) { return answers(connection_string, p); },
            .crash_in = crash_in_postgres_log,
            .start_limit = std::chrono::seconds(30),
            .stop_signal = SIGINT,     // fast shutdown
            .death_signal = SIGQUIT};  // immediate shutdown: the postmaster ends its children itself
}

}  // namespace

// A process that ends in a crash may have spoilt the shared memory: the postmaster names it, ends all the others and
// recovers. The lines before a PANIC or a signal are those of a client.
std::string crash_in_postgres_log(const std::vector<std::string>& lines) {
    std::string why;
    for (const auto& line : lines) {
        const auto panic = line.find("PANIC:  ");
        const auto end = line.find("LOG:  ");
        if (why.empty() && panic != line.npos) why = line.substr(panic);
        if (why.empty() && end != line.npos &&
            (line.find(" was terminated by ", end) != line.npos ||
             line.find(" exited with exit code ", end) != line.npos))
            why = line.substr(end + std::string_view("LOG:  ").size());
        if (line.find("terminating any other active server processes") != line.npos) return why;
    }
    return {};
}

throwaway_postgres::throwaway_postgres(const scratch_directory& scratch, const postgres_settings& settings,
                                       const server_patience& until)
    : connection_string_(fmt::format("postgresql:///postgres?host={}&user=pipebench",
                                     percent_encoded((scratch.path() / "postgres").native()))),
      server_(prepare(scratch, settings, connection_string_, until.start), until) {
    server_.wait_until_ready(until.start);
}

}  // namespace pipebench

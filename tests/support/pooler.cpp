#include "support/pooler.hpp"

#include "support/scripted_server.hpp"
#include "support/services.hpp"

#include <pwd.h>
#include <unistd.h>

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <tuple>

namespace pipebench::test {
namespace {

constexpr const char* program = "/usr/sbin/pgbouncer";
constexpr const char* user_for_root = "postgres";  // it refuses to run as root

/// The directory of PostgreSQL's socket, from its connection string.
std::string socket_directory() {
    pqxx::connection connection(postgres());  // hostname() is not const in libpqxx 6
    return connection.hostname();
}

void give_to_user(const std::filesystem::path& directory) {
    const auto* user = ::getpwnam(user_for_root);
    if (::geteuid() == 0 && user != nullptr) std::ignore = ::chown(directory.c_str(), user->pw_uid, user->pw_gid);
}

}  // namespace

bool pooler::is_installed() { return std::filesystem::exists(program); }

pooler::pooler(const std::string& mode, unsigned size, const std::string& listen) : port_(free_port()) {
    give_to_user(home_.path());
    const auto file = home_ / "pgbouncer.ini";
    std::ofstream(file) << fmt::format(
        "[databases]\n* = host={} user=pipebench\n[pgbouncer]\nlisten_addr = {}\nlisten_port = {}\n"
        "unix_socket_dir = {}\nauth_type = any\npool_mode = {}\ndefault_pool_size = {}\nmax_client_conn = 200\n"
        "logfile =\npidfile = {}\n",
        socket_directory(), listen, port_, home_.path().native(), mode, size, home_ / "pid");
    std::vector<std::string> arguments{program};
    if (::geteuid() == 0) arguments.insert(arguments.end(), {"-u", user_for_root});
    arguments.push_back(file);
    server_ = std::make_unique<running_command>(command{arguments, {}});
    if (!comes_true([&] {
            try {
                const pqxx::connection probe(url());
                return true;
            } catch (const pqxx::broken_connection&) {
                return false;
            }
        }))
        throw std::runtime_error("PgBouncer does not answer: " + server_->err());
}

std::string pooler::url() const {
    return fmt::format("host={} port={} dbname=postgres user=pipebench", home_.path().native(), port_);
}

}  // namespace pipebench::test

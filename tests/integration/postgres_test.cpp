// The throwaway PostgreSQL, and messages about a PostgreSQL of the user.
#include "contracts/error.hpp"
#include "services/inspect_postgres.hpp"
#include "services/throwaway_postgres.hpp"
#include "support/command.hpp"
#include "support/services.hpp"

#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <list>
#include <optional>

using namespace pipebench;
using namespace pipebench::test;
namespace fs = std::filesystem;

namespace {

mode_t mode_of(const fs::path& path) {
    struct stat s {};
    REQUIRE(::lstat(path.c_str(), &s) == 0);
    return s.st_mode & 0777;
}

std::string setting(const std::string& name) { return sql("SHOW " + name)[0][0].c_str(); }

std::string complaint_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const setup_error& e) {
        return e.what();
    }
    FAIL("no complaint");
    return {};
}

bool is_one_line(const std::string& text) { return !text.empty() && text.find('\n') == std::string::npos; }

/// Changes a variable of the environment for its lifetime.
class changed_variable {
public:
    changed_variable(const char* name, const std::string& value) : name_(name) {
        if (const char* before = std::getenv(name)) before_ = before;
        ::setenv(name, value.c_str(), 1);
    }
    changed_variable(const changed_variable&) = delete;
    changed_variable& operator=(const changed_variable&) = delete;
    ~changed_variable() {
        if (before_) ::setenv(name_, before_->c_str(), 1);
        else ::unsetenv(name_);
    }

private:
    const char* name_;
    std::optional<std::string> before_;
};

std::string cluster_name_of_a_new_server() {
    const scratch_directory scratch(server_user("postgres"));
    const throwaway_postgres server(scratch, {});
    pqxx::connection connection(server.connection_string());
    return pqxx::nontransaction(connection).exec("SHOW cluster_name")[0][0].c_str();
}

}  // namespace

TEST_CASE("a throwaway PostgreSQL is reached through a private unix socket alone", "[postgres]") {
    const scratch_directory scratch(server_user("postgres"));
    const throwaway_postgres server(scratch, {});
    pqxx::connection connection(server.connection_string());
    pqxx::nontransaction ask(connection);
    CHECK(ask.exec("SHOW listen_addresses")[0][0].as<std::string>().empty());
    CHECK(mode_of(scratch.path() / "postgres") == 0700);
    CHECK(mode_of(scratch.path() / "postgres/data") == 0700);
    CHECK(mode_of(scratch.path() / "postgres/.s.PGSQL.5432") == 0700);
}

TEST_CASE("a throwaway PostgreSQL has the durability that the report names", "[postgres]") {
    CHECK(setting("fsync") == "off");
    CHECK(setting("full_page_writes") == "off");
    CHECK(setting("synchronous_commit") == "on");
    const auto told = inspect_postgres(postgres(), "throwaway", {}).server;
    CHECK(told.name == "postgres");
    CHECK(told.version == setting("server_version"));
    CHECK(told.settings == fmt::format("fsync=off full_page_writes=off synchronous_commit=on shared_buffers={} "
                                       "max_connections={}",
                                       setting("shared_buffers"), setting("max_connections")));
}

TEST_CASE("a throwaway PostgreSQL takes as many connections as it was asked for", "[postgres]") {
    const scratch_directory scratch(server_user("postgres"));
    const throwaway_postgres server(scratch, {{}, 7});
    CHECK(inspect_postgres(server.connection_string(), "", {}).free_connections >= 7);
    std::list<pqxx::connection> all;
    for (int i = 0; i < 7; ++i) all.emplace_back(server.connection_string());
    CHECK(all.back().is_open());
}

TEST_CASE("a throwaway PostgreSQL is gone with its object", "[postgres]") {
    fs::path home;
    {
        const scratch_directory scratch(server_user("postgres"));
        home = scratch.path();
        const throwaway_postgres server(scratch, {});
        REQUIRE_FALSE(processes_of(home).empty());
    }
    CHECK(processes_of(home).empty());
    CHECK_FALSE(fs::exists(home));
}

TEST_CASE("a second throwaway PostgreSQL starts from the template that the first has left", "[postgres]") {
    const private_directory cache;
    const changed_variable redirected("XDG_CACHE_HOME", cache.path().native());
    const auto templates = [&] {
        return std::vector<fs::path>(fs::directory_iterator(cache.path() / "pipebench"), fs::directory_iterator{});
    };
    CHECK(cluster_name_of_a_new_server().empty());
    REQUIRE(templates().size() == 1);
    std::ofstream(templates()[0] / "postgresql.auto.conf", std::ios::app) << "cluster_name = 'from the template'\n";
    CHECK(cluster_name_of_a_new_server() == "from the template");
    CHECK(templates().size() == 1);
}

TEST_CASE("a cache that cannot be written only makes the start slower", "[postgres]") {
    const private_directory cache;
    const changed_variable redirected("XDG_CACHE_HOME", cache.path().native());
    std::ofstream(cache / "pipebench") << "a file where the directory should be";
    CHECK(cluster_name_of_a_new_server().empty());
}

TEST_CASE("a directory without PostgreSQL's programs is refused with its name", "[postgres]") {
    const scratch_directory scratch(server_user("postgres"));
    const auto why = complaint_of([&] { throwaway_postgres(scratch, {"/nowhere/bin", 10}); });
    CHECK(contains(why, "--pg-bindir"));
    CHECK(contains(why, "/nowhere/bin"));
    CHECK(is_one_line(why));
}

TEST_CASE("a password is shown in no form of a connection string", "[postgres][secret]") {
    const std::string given =
        GENERATE("postgresql://me:sekrit@127.0.0.1:1/db", "host=127.0.0.1 port=1 password=sekrit",
                 "postgresql://me@127.0.0.1:1/db?password=sekrit",
                 "postgresql://127.0.0.1:1/db?user=me&sslpassword=sekrit", "postgresql://me:se%6Brit@127.0.0.1:1/db");
    CHECK_FALSE(contains(printable_postgres(given), "sekrit"));
    CHECK(contains(printable_postgres(given), "host=127.0.0.1 port=1"));
    const auto why = complaint_of([&] { return inspect_postgres(given, "the user's", {}); });
    CHECK_FALSE(contains(why, "sekrit"));
    CHECK_FALSE(contains(why, "se%6Brit"));
    CHECK(contains(why, "--postgres"));
    CHECK(is_one_line(why));
}

TEST_CASE("a password that was not encoded is shown in no part", "[postgres][secret]") {
    const std::string given =
        GENERATE("postgresql://me:se/krit@127.0.0.1:1/db", "postgresql://me:x@krit@127.0.0.1:1/db",
                 "postgres://me:x@krit/y@127.0.0.1:1/db");
    for (const auto& use :
         {printable_postgres, +[](const std::string& url) { return inspect_postgres(url, "", {}).server.version; }}) {
        const auto why = complaint_of([&] { return use(given); });
        CHECK_FALSE(contains(why, "krit"));
        CHECK(contains(why, "%40"));
        CHECK(is_one_line(why));
    }
}

TEST_CASE("an '@' in the query of a URL is no part of a password", "[postgres]") {
    CHECK(printable_postgres("postgresql://me@h/db?application_name=ci@runner") == "user=me dbname=db host=h");
    CHECK(printable_postgres("postgresql://h/db?application_name=ci@runner") == "dbname=db host=h");
    CHECK(printable_postgres("postgresql://me@h?application_name=ci@runner") == "user=me host=h");
    CHECK(contains(complaint_of([] { return printable_postgres("postgresql://h?application_name=ci@runner"); }),
                   "'?'"));
}

TEST_CASE("what is no connection string is refused, and not repeated", "[postgres][secret]") {
    const std::string given =
        GENERATE("sekrit", "postgresql://me:sekrit@[host/db", "host=x sekrit", "password='sekrit",
                 "postgresql://me:sekrit/db", "postgresql://me:sekrit@h/db?sekrit=1");
    const auto why = complaint_of([&] { return printable_postgres(given); });
    CHECK_FALSE(contains(why, "sekrit"));
    CHECK(contains(why, "--postgres"));
    CHECK(is_one_line(why));
}

TEST_CASE("a wrong password is called one, and not repeated", "[postgres][secret]") {
    const auto url = url_with_wrong_password("sekrit-7");
    const auto why = complaint_of([&] { return inspect_postgres(url, "the user's", {}); });
    CHECK(contains(why, "password authentication failed"));
    CHECK_FALSE(contains(why, "sekrit-7"));
    CHECK(is_one_line(why));
}

TEST_CASE("the right password opens, and the server is described without it", "[postgres][secret]") {
    const auto url = url_with_password("sekrit-8");
    const auto told = inspect_postgres(url, printable_postgres(url), {}).server;
    CHECK_FALSE(told.version.empty());
    CHECK_FALSE(contains(told.origin + told.settings, "sekrit-8"));
}

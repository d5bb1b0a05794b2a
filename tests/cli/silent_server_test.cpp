// A signal ends a session in each of its phases, with servers that answer and with servers that do not: with what was
// measured on stdout, and nothing left behind.
#include "support/saved.hpp"
#include "support/services.hpp"
#include "support/silent.hpp"
#include "system/descriptor.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <optional>

using namespace pipebench;
using namespace pipebench::test;
using namespace std::chrono_literals;

namespace {

/// A session that hangs is one that takes longer than its --grace of a second, by far.
constexpr std::chrono::seconds far_beyond_grace{20};

std::vector<std::string> session_and(const std::vector<std::string>& more) {
    std::vector<std::string> out{"-n",           "40",  "-c",           "4",    "--http-latency", "5ms",
                                 "--db-latency", "5ms", "--busy-limit", "100%", "--grace",        "1s"};
    out.insert(out.end(), more.begin(), more.end());
    return out;
}

/// Ends the session by a signal, and checks its end. Returns its output.
command_end interrupted_by(running_command& session, int signal, const user& someone) {
    session.signal(signal);
    auto end = session.wait(far_beyond_grace);
    CAPTURE(end.out, end.err);
    CHECK(end.code == (signal == SIGINT ? 130 : 143));
    CHECK(contains(end.out, "INTERRUPTED"));
    CHECK(someone.left_behind().empty());
    return end;
}

/// Waits for a process of the session with this text in its command line.
pid_t process_with(const user& someone, const std::string& text) {
    std::vector<process> found;
    REQUIRE(comes_true([&] { return !(found = running_roots(someone, text)).empty(); }));
    return found.front().pid;
}

/// The schema of the session that uses the test's PostgreSQL; waits for its table of this name.
std::string schema_with(const std::string& table) {
    std::string out;
    CHECK(comes_true([&] {
        const auto found = sql(fmt::format("SELECT schemaname FROM pg_tables WHERE tablename = '{}'", table));
        if (!found.empty()) out = found[0][0].c_str();
        return !found.empty();
    }));
    return out;
}

/// A runner that ends when the test says so.
struct runner {
    std::string gate;  ///< the file whose existence ends it
    explicit runner(const user& someone) : gate(someone.file("gate")) {}
    /// Of a session that measures it on the test's PostgreSQL.
    [[nodiscard]] std::vector<std::string> arguments(const std::vector<std::string>& more = {}) const {
        std::vector<std::string> out{"-p",         "none",
                                     "--postgres", postgres(),
                                     "--runner",   fmt::format("mine=until [ -e {} ]; do sleep 0.02; done", gate)};
        out.insert(out.end(), more.begin(), more.end());
        return session_and(out);
    }
    void let_end() const { std::ofstream(gate) << "open"; }
};

/// Somebody's transaction on the test's PostgreSQL.
class somebody {
public:
    explicit somebody(const std::string& statement) : connection_(postgres()), transaction_(connection_) {
        transaction_.exec(statement);
    }
    /// Whether others wait for its locks; waits for that.
    [[nodiscard]] bool is_in_the_way() {
        return comes_true([this] {
            return transaction_.exec("SELECT count(*) FROM pg_catalog.pg_locks WHERE NOT granted")[0][0].as<int>() >
                   0;
        });
    }

private:
    pqxx::connection connection_;
    pqxx::work transaction_;
};

/// A directory with programs of PostgreSQL, of which initdb hangs.
std::string hanging_programs(const user& someone) {
    const std::filesystem::path bindir = someone.file("bin");
    std::filesystem::create_directory(bindir);
    for (const char* name : {"initdb", "postgres"}) {
        std::ofstream(bindir / name) << "#!/bin/sh\ncase $1 in --version) echo hanging;; *) sleep 1000;; esac\n";
        std::filesystem::permissions(bindir / name, std::filesystem::perms(0755));
    }
    std::filesystem::permissions(bindir.parent_path(), std::filesystem::perms(0755));
    return bindir;
}

}  // namespace

// --- start-up ---

TEST_CASE("a signal ends the start of a session whose server accepts and says nothing", "[silent][signal]") {
    // Options that name the silent server; %: its port.
    const std::string given = GENERATE("--postgres=postgresql://me@127.0.0.1:%/db", "--redis=redis://127.0.0.1:%");
    const int signal = GENERATE(SIGINT, SIGTERM, SIGHUP);
    const user someone;
    const silent_server silent;
    auto option = given;
    option.replace(option.find('%'), 1, silent.port());
    running_command session(someone.pipebench(session_and({"-p", "semaphore,redis-streams", option})));
    REQUIRE(silent.has_a_client());
    interrupted_by(session, signal, someone);
}

TEST_CASE("a signal ends the start of a session whose initdb hangs", "[silent][signal]") {
    const user someone;
    running_command session(
        someone.pipebench(session_and({"-p", "semaphore", "--pg-bindir", hanging_programs(someone)})));
    static_cast<void>(process_with(someone, "initdb -D"));
    interrupted_by(session, SIGINT, someone);
}

TEST_CASE("a signal ends the start of a session whose own server has just been stopped", "[silent][signal]") {
    const user someone;
    running_command session(someone.pipebench(session_and({"-p", "semaphore"})));
    ::kill(process_with(someone, "postgres -D"), SIGSTOP);
    interrupted_by(session, SIGINT, someone);
}

TEST_CASE("a signal ends the making of a schema that a lock is in the way of", "[silent][signal]") {
    const user someone;
    somebody else_("LOCK TABLE pg_catalog.pg_namespace IN ACCESS EXCLUSIVE MODE");
    running_command session(someone.pipebench(session_and({"-p", "semaphore", "--postgres", postgres()})));
    REQUIRE(else_.is_in_the_way());
    interrupted_by(session, SIGINT, someone);
}

// --- amid a run, and after it ---

TEST_CASE("a signal ends a run whose PostgreSQL has fallen silent, and its row says what is not known",
          "[silent][signal]") {
    const user someone;
    const auto file = someone.file("r.json");
    auto arguments = session_and({"-p", "semaphore,thread-pool", "--export-json", file});
    arguments[1] = "100000";
    running_command session(someone.pipebench(arguments));
    static_cast<void>(process_with(someone, "_run"));
    REQUIRE(session.says("semaphore: started"));
    const silenced postgres(process_with(someone, "postgres -D"));
    const auto end = interrupted_by(session, SIGINT, someone);
    CHECK(contains(end.out, "semaphore"));
    const auto run = saved(file)["runs"][0];
    CHECK(run["interrupted"] == true);
    CHECK(run["ledger"]["checked"] == false);
    CHECK(run["ledger"]["lost"].is_null());
    CHECK(contains(run["verdict"]["text"], "its ledger was not checked"));
}

TEST_CASE("a signal ends the reading of a ledger, and the run is printed", "[silent][signal]") {
    const user someone;
    const auto file = someone.file("r.json");
    const runner mine(someone);
    running_command session(someone.pipebench(mine.arguments({"--export-json", file})));
    const auto schema = schema_with("mine_1");
    std::optional<somebody> else_(fmt::format("LOCK TABLE {}.mine_1 IN ACCESS EXCLUSIVE MODE", schema));
    mine.let_end();
    REQUIRE(else_->is_in_the_way());
    session.signal(SIGINT);
    REQUIRE(comes_true([&] { return contains(session.out(), "INTERRUPTED"); }));
    else_.reset();  // so that the schema can be dropped
    const auto end = session.wait(far_beyond_grace);
    CAPTURE(end.out, end.err);
    CHECK(end.code == 130);
    CHECK(contains(end.out, "mine"));
    CHECK(contains(end.out, "INVALID: the ledger could not be read: interrupted"));
    CHECK(saved(file)["runs"][0]["ledger"]["checked"] == false);
    CHECK(someone.left_behind().empty());
}

TEST_CASE("the result is printed before anything is dropped, and what cannot be dropped is named", "[silent]") {
    const bool by_signal = GENERATE(false, true);
    const user someone;
    const runner mine(someone);
    running_command session(someone.pipebench(mine.arguments()));
    const auto schema = schema_with("mine_1");
    std::optional<somebody> else_(fmt::format("SELECT FROM {}.mine_1", schema));
    mine.let_end();
    REQUIRE(else_->is_in_the_way());  // of the DROP
    CHECK(contains(session.out(), "mine"));
    if (by_signal) session.signal(SIGINT);
    const auto end = session.wait(far_beyond_grace);
    CAPTURE(end.out, end.err);
    CHECK(end.code == 3);  // the runner has stored nothing
    CHECK(contains(end.err, "schema " + schema + " is left"));
    CHECK(lines_of(end.err).back().find("is left") != std::string::npos);
    else_.reset();
    // The server may have carried out the DROP when the lock was gone, although nobody waited for it any more.
    sql(fmt::format("DROP SCHEMA IF EXISTS {} CASCADE", schema));
    CHECK(someone.left_behind().empty());
}

// --- the report ---

TEST_CASE("a signal ends a session whose stdout nobody reads, and leaves nothing behind", "[silent][signal]") {
    const user someone;
    const auto full = make_pipe();
    const std::string filling(1 << 20, 'x');
    ::fcntl(full.write_end.get(), F_SETFL, O_NONBLOCK);
    while (::write(full.write_end.get(), filling.data(), filling.size()) > 0) {
    }
    ::fcntl(full.write_end.get(), F_SETFL, 0);
    auto c = someone.pipebench(session_and({"-p", "semaphore"}));
    const auto out = fmt::format("/proc/{}/fd/{}", ::getpid(), full.write_end.get());
    c.arguments.insert(c.arguments.begin(), {"sh", "-c", "exec \"$@\" > " + out, "sh"});
    running_command session(c);
    REQUIRE(session.says("orders/s"));
    session.signal(SIGINT);
    const auto end = session.wait(far_beyond_grace);
    CAPTURE(end.err);
    CHECK(end.signal == 0);
    CHECK(contains(end.err, "cannot write the result to stdout"));
    CHECK(someone.left_behind().empty());
}

// --- without a signal ---

TEST_CASE("a PostgreSQL that restarts while a ledger is read costs no result", "[silent]") {
    const user someone;
    const runner mine(someone);
    running_command session(someone.pipebench(mine.arguments()));
    const auto schema = schema_with("mine_1");
    std::optional<somebody> else_(fmt::format("LOCK TABLE {}.mine_1 IN ACCESS EXCLUSIVE MODE", schema));
    mine.let_end();
    REQUIRE(else_->is_in_the_way());
    sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
    REQUIRE(else_->is_in_the_way());  // again
    else_.reset();
    const auto end = session.wait();
    CAPTURE(end.out, end.err);
    CHECK(end.code == 3);
    CHECK(contains(end.out, "40 lost"));  // what the ledger says about a runner that does nothing
    CHECK_FALSE(contains(end.out, "could not be read"));
    CHECK(someone.left_behind().empty());
}

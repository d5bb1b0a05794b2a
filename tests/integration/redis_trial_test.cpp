// A Redis that cannot carry a run is refused at the start, in one line that says why and how to mend it.
#include "contracts/error.hpp"
#include "services/inspect_redis.hpp"
#include "support/redis_server.hpp"
#include "system/signal_watch.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <csignal>

using namespace pipebench;
using namespace pipebench::test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

/// The refusal; empty if the server is accepted.
std::string refusal_of(const std::string& url) {
    try {
        static_cast<void>(inspect_redis(url, "of a test"));
        return {};
    } catch (const setup_error& e) {
        CHECK_THAT(e.what(), StartsWith("--redis: "));
        CHECK_THAT(e.what(), !ContainsSubstring("\n") && !ContainsSubstring("sekrit"));
        return e.what();
    }
}

std::int64_t keys_in(const redis_server& server) { return server.ask({"DBSIZE"})->integer; }

void make_user(const redis_server& server, std::vector<std::string> rights) {
    redis_command command{"ACL", "SETUSER", "me", "reset", "on", ">sekrit"};
    command.insert(command.end(), rights.begin(), rights.end());
    server.ask(command);
}

}  // namespace

TEST_CASE("a Redis that takes what the runs send is accepted, and the trial leaves no key", "[redis][trial]") {
    const redis_server server;
    CHECK(refusal_of(server.url()).empty());
    CHECK(refusal_of(server.tcp_url()).empty());
    CHECK(keys_in(server) == 0);
}

TEST_CASE("a replica is refused", "[redis][trial]") {
    const redis_server primary({"--repl-diskless-sync-delay", "0"});
    const redis_server replica({"--replicaof", "127.0.0.1 " + primary.tcp_url().substr(18)});
    REQUIRE(comes_true([&] {
        const auto info = replica.ask({"INFO", "replication"});
        return contains({info->str, static_cast<std::size_t>(info->len)}, "master_link_status:up");
    }));
    const auto why = refusal_of(replica.tcp_url());
    CHECK_THAT(why, ContainsSubstring("is a replica") && ContainsSubstring("give the address of its primary") &&
                        ContainsSubstring("READONLY"));
}

TEST_CASE("a node of a cluster is refused", "[redis][trial]") {
    const redis_server node({"--cluster-enabled", "yes"});
    CHECK_THAT(refusal_of(node.tcp_url()), ContainsSubstring("is a node of a cluster") &&
                                               ContainsSubstring("give the address of a single server"));
}

TEST_CASE("a Redis without free memory is refused", "[redis][trial]") {
    const redis_server server({"--maxmemory", "1"});
    CHECK_THAT(refusal_of(server.url()), ContainsSubstring("raise its maxmemory") && ContainsSubstring("OOM"));
}

TEST_CASE("a Redis that cannot save its data is refused", "[redis][trial]") {
    const redis_server server;
    server.set("save", "3600 1");
    std::filesystem::remove_all(server.directory());
    static_cast<void>(server.ask({"BGSAVE"}));
    REQUIRE(comes_true([&] {
        const auto info = server.ask({"INFO", "persistence"});
        return contains({info->str, static_cast<std::size_t>(info->len)}, "rdb_last_bgsave_status:err");
    }));
    CHECK_THAT(refusal_of(server.url()), ContainsSubstring("mend its disk") && ContainsSubstring("MISCONF"));
}

TEST_CASE("a Redis with too few replicas is refused", "[redis][trial]") {
    const redis_server server;
    server.set("min-replicas-to-write", "1");
    CHECK_THAT(refusal_of(server.url()), ContainsSubstring("min-replicas-to-write"));
}

TEST_CASE("a user without the rights is refused, and the rights named are enough", "[redis][trial][secret]") {
    const redis_server server;
    const auto url = server.tcp_url("me:sekrit@");
    const auto advised = [&](const std::string& command) {
        const auto why = refusal_of(url);
        return contains(why, "ACL SETUSER") && contains(why, command + ": NOPERM");
    };
    make_user(server, {"~theirs:*", "+@all"});
    CHECK(advised("DEL"));
    make_user(server, {"~pipebench:*", "+@all", "-multi"});
    CHECK(advised("MULTI"));
    make_user(server, {"~pipebench:*", "+@all", "-info"});
    CHECK(advised("INFO"));
    make_user(server, {"~pipebench:*", "+@all", "-xautoclaim"});
    CHECK(advised("XAUTOCLAIM"));
    CHECK(keys_in(server) == 0);
    make_user(server,
              {"~pipebench:*", "+@stream", "+@hash", "+@transaction", "+@connection", "+info", "+del", "+scan"});
    CHECK(refusal_of(url).empty());
    CHECK(keys_in(server) == 0);
}

TEST_CASE("a Redis with a password is asked for it", "[redis][trial][secret]") {
    const redis_server server;
    server.set("requirepass", "sekrit");
    CHECK_THAT(refusal_of(server.tcp_url()), ContainsSubstring("needs a password"));
    CHECK_THAT(refusal_of(server.tcp_url(":wrong@")), ContainsSubstring("refuses the user or the password"));
    CHECK(refusal_of(server.tcp_url(":sekrit@")).empty());
    CHECK(refusal_of(server.tcp_url("sekrit@")).empty());
}

TEST_CASE("a signal ends the trial of a Redis that is silent", "[redis][trial][signal]") {
    const redis_server server;
    signal_watch signals;
    server.signal(SIGSTOP);
    std::raise(SIGINT);
    CHECK_THROWS_AS(inspect_redis(server.url(), "of a test", pipebench::patience(signals, duration{})), interrupted);
}

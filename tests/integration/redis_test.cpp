// The throwaway Redis, and messages about a Redis of the user.
#include "contracts/error.hpp"
#include "redis/redis_client.hpp"
#include "services/inspect_redis.hpp"
#include "services/redis_keys.hpp"
#include "services/throwaway_redis.hpp"
#include "support/command.hpp"
#include "support/services.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

using namespace pipebench;
using namespace pipebench::test;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

redis_client client() { return {parse_redis_address(redis()), duration(5s)}; }

std::string setting(const std::string& name) { return client().command({"CONFIG", "GET", name})->element[1]->str; }

std::string complaint_of(const std::string& url) {
    try {
        static_cast<void>(inspect_redis(url, "the user's"));
    } catch (const setup_error& e) {
        return e.what();
    }
    FAIL("no complaint");
    return {};
}

}  // namespace

TEST_CASE("a throwaway Redis is reached through a private unix socket, keeps nothing and evicts nothing", "[redis]") {
    CHECK(redis().starts_with("unix:///"));
    CHECK(setting("port") == "0");
    CHECK(setting("save").empty());
    CHECK(setting("appendonly") == "no");
    CHECK(setting("maxmemory-policy") == "noeviction");
    const fs::path socket = redis().substr(std::string("unix://").size());
    CHECK(fs::status(socket).permissions() == fs::perms::owner_all);
    CHECK(fs::status(socket.parent_path()).permissions() == fs::perms::owner_all);
}

TEST_CASE("a throwaway Redis is gone with its object", "[redis]") {
    fs::path home;
    {
        const scratch_directory scratch(server_user("redis"));
        home = scratch.path();
        const throwaway_redis server(scratch);
        REQUIRE_FALSE(processes_of(home).empty());
    }
    CHECK(processes_of(home).empty());
    CHECK_FALSE(fs::exists(home));
}

TEST_CASE("a Redis is described with its version and what changes the numbers", "[redis]") {
    const auto seen = inspect_redis(redis(), "throwaway");
    CHECK(seen.server.name == "redis");
    CHECK_FALSE(seen.server.version.empty());
    CHECK(contains(seen.server.settings, "maxmemory_policy=noeviction"));
    CHECK(seen.warnings.empty());
}

TEST_CASE("a Redis that evicts keys is warned of", "[redis]") {
    client().command({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
    const auto warnings = inspect_redis(redis(), "throwaway").warnings;
    client().command({"CONFIG", "SET", "maxmemory-policy", "noeviction"});
    REQUIRE(warnings.size() == 1);
    CHECK(contains(warnings[0], "allkeys-lru"));
}

TEST_CASE("a Redis that cannot be reached is named, without the password", "[redis][secret]") {
    const std::string url =
        GENERATE("redis://:sekrit@127.0.0.1:1", "redis://me:sekrit@127.0.0.1:1/3", "unix:///nowhere/at/all.sock");
    const auto why = complaint_of(url);
    CHECK(why.starts_with("--redis"));
    CHECK_FALSE(contains(why, "sekrit"));
    CHECK_FALSE(contains(why, "\n"));
}

TEST_CASE("keys that are deleted are gone, and a dead Redis is no failure then", "[redis]") {
    client().command({"SET", "ours", "1"});
    client().command({"SET", "theirs", "1"});
    delete_redis_keys(redis(), {"ours"});
    CHECK(client().command({"EXISTS", "ours"})->integer == 0);
    CHECK(client().command({"EXISTS", "theirs"})->integer == 1);
    CHECK_NOTHROW(delete_redis_keys("redis://127.0.0.1:1", {"ours"}));
}

#include "services/throwaway_redis.hpp"

#include "contracts/error.hpp"
#include "contracts/url.hpp"
#include "redis/redis_client.hpp"
#include "services/find_program.hpp"

#include <vector>

namespace pipebench {

namespace fs = std::filesystem;

namespace {

constexpr duration reply_limit = std::chrono::seconds(1);

fs::path program_or_advice() {
    if (auto found = find_redis_server()) return *found;
    throw setup_error(
        "no Redis server found: apt-get install redis-server, or use --redis, or leave redis-streams out");
}

std::vector<std::string> server_command(const fs::path& program, const fs::path& home) {
    std::vector<std::string> out{program.native()};
    for (const auto& [option, value] : {std::pair<const char*, std::string>{"--port", "0"},
                                        {"--unixsocket", (home / "redis.sock").native()},
                                        {"--unixsocketperm", "700"},
                                        {"--save", ""},
                                        {"--appendonly", "no"},
                                        {"--daemonize", "no"},
                                        {"--maxmemory-policy", "noeviction"},
                                        {"--dir", home.native()}})
        out.insert(out.end(), {option, value});
    return out;
}

bool answers(const std::string& url, const patience& until) try {
    redis_client(parse_redis_address(url), reply_limit, until).command({"PING"});
    return true;
} catch (const redis_error&) {
    return false;
}

throwaway_server::settings prepare(const scratch_directory& scratch, const std::string& url) {
    const auto program = program_or_advice();
    const auto user = server_user("redis");
    const auto home = scratch.make("redis", user);
    return {.name = "Redis",
            .arguments = server_command(program, home),
            .directory = home,
            .log = home / "log",
            .user = user,
            .answers = [url](const patience& until) { return answers(url, until); }};
}

}  // namespace

throwaway_redis::throwaway_redis(const scratch_directory& scratch, const server_patience& until)
    : url_("unix://" + percent_encoded((scratch.path() / "redis" / "redis.sock").native())),
      server_(prepare(scratch, url_), until) {
    server_.wait_until_ready(until.start);
}

}  // namespace pipebench

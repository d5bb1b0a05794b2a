#include "services/redis.hpp"

#include "contracts/error.hpp"
#include "redis/redis_client.hpp"
#include "services/find_program.hpp"
#include "system/environment.hpp"

#include <fcntl.h>

#include <fmt/format.h>

#include <cstdio>

namespace pipebench {

namespace fs = std::filesystem;

namespace {

constexpr auto start_limit = std::chrono::seconds(15);
constexpr auto stop_patience = std::chrono::seconds(5);
constexpr duration reply_limit = std::chrono::seconds(5);

fs::path program_or_advice() {
    for (const char* name : {"redis-server", "valkey-server"})
        if (auto found = find_program(name)) return *found;
    throw setup_error(
        "no Redis server found: apt-get install redis-server, or use --redis, or leave redis-streams out");
}

child_process start_server(const fs::path& program, const fs::path& home, const std::optional<user_identity>& user) {
    const descriptor log_file(::open((home / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    child_settings settings;
    settings.arguments = {program.native(),
                          "--port",
                          "0",
                          "--unixsocket",
                          (home / "redis.sock").native(),
                          "--unixsocketperm",
                          "700",
                          "--save",
                          "",
                          "--appendonly",
                          "no",
                          "--daemonize",
                          "no",
                          "--maxmemory-policy",
                          "noeviction",
                          "--dir",
                          home.native()};
    settings.environment = clean_environment();
    settings.descriptors = {{1, log_file.get()}, {2, log_file.get()}};
    settings.user = user;
    settings.directory = home.native();
    return child_process::spawn(settings);
}

bool answers(const std::string& url) try {
    redis_client(parse_redis_address(url), reply_limit).command({"PING"});
    return true;
} catch (const redis_error&) {
    return false;
}

/// The value of `name:` in what INFO prints.
std::string info_field(std::string_view info, std::string_view name) {
    const auto at = info.find("\n" + std::string(name) + ":");
    if (at == std::string_view::npos) return {};
    const auto value = info.substr(at + name.size() + 2);
    return printable(value.substr(0, value.find_first_of("\r\n")), 60);
}

}  // namespace

throwaway_redis::throwaway_redis(const scratch_directory& scratch)
    : user_(server_user("redis")), url_("unix://" + (scratch.path() / "redis" / "redis.sock").native()) {
    const auto program = program_or_advice();
    home_ = scratch.make("redis", user_);
    server_.emplace(start_server(program, home_, user_));
    const auto deadline = std::chrono::steady_clock::now() + start_limit;
    while (!answers(url_)) {
        if (const auto end = server_->wait_for(std::chrono::milliseconds(10)))
            throw setup_error("Redis did not start: " + end->describe());
        if (std::chrono::steady_clock::now() > deadline) throw setup_error("Redis does not answer");
    }
}

throwaway_redis::~throwaway_redis() {
    if (server_) server_->stop(SIGTERM, stop_patience);
}

void throwaway_redis::kill_and_start_again() {
    server_.reset();  // kills and reaps
    server_.emplace(start_server(program_or_advice(), home_, user_));
}

server_info inspect_redis(const std::string& url, std::string origin, std::vector<std::string>& warnings) try {
    redis_client redis(parse_redis_address(url), reply_limit);
    const auto reply = redis.command({"INFO"});
    if (reply->type != REDIS_REPLY_STRING) throw setup_error("--redis: INFO did not answer with text");
    const std::string info(reply->str, static_cast<std::size_t>(reply->len));
    const auto version = info_field(info, "redis_version");
    unsigned major = 0, minor = 0;
    if (std::sscanf(version.c_str(), "%u.%u", &major, &minor) != 2)
        throw setup_error("--redis: the server names no version");
    if (major < 6 || (major == 6 && minor < 2))
        throw setup_error(fmt::format("--redis: version {} is too old: XAUTOCLAIM needs 6.2", version));
    const auto policy = info_field(info, "maxmemory_policy");
    if (policy != "noeviction")
        warnings.push_back(fmt::format(
            "Redis evicts keys when its memory is full (maxmemory-policy {}): the stream can be lost", policy));
    return {"redis", version, std::move(origin),
            fmt::format("maxmemory_policy={} aof_enabled={}", policy, info_field(info, "aof_enabled"))};
} catch (const redis_error& e) {
    throw setup_error(std::string("--redis: ") + e.what());
}

void delete_redis_keys(const std::string& url, const std::vector<std::string>& keys) noexcept try {
    redis_command command{"DEL"};
    command.insert(command.end(), keys.begin(), keys.end());
    redis_client(parse_redis_address(url), reply_limit).command(command);
} catch (const std::exception&) {
}

void delete_redis_prefix(const std::string& url, const std::string& prefix) noexcept try {
    redis_client client(parse_redis_address(url), reply_limit);
    std::string cursor = "0";
    do {
        const auto page = client.command({"SCAN", cursor, "MATCH", prefix + "*", "COUNT", "1000"});
        if (page->type != REDIS_REPLY_ARRAY || page->elements != 2 || page->element[0]->type != REDIS_REPLY_STRING)
            return;
        cursor.assign(page->element[0]->str, static_cast<std::size_t>(page->element[0]->len));
        const redisReply& keys = *page->element[1];
        for (std::size_t i = 0; i < keys.elements; ++i)
            client.command({"DEL", {keys.element[i]->str, static_cast<std::size_t>(keys.element[i]->len)}});
    } while (cursor != "0");
} catch (const std::exception&) {
}

}  // namespace pipebench

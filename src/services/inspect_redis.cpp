#include "services/inspect_redis.hpp"

#include "contracts/error.hpp"
#include "contracts/random.hpp"
#include "redis/redis_client.hpp"
#include "services/redis_trial.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <string_view>
#include <utility>

namespace pipebench {
namespace {

constexpr duration reply_limit = std::chrono::seconds(5);

/// The value of `name:` in the text of INFO.
std::string info_field(std::string_view info, std::string_view name) {
    const auto at = info.find("\n" + std::string(name) + ":");
    if (at == std::string_view::npos) return {};
    const auto value = info.substr(at + name.size() + 2);
    return printable(value.substr(0, value.find_first_of("\r\n")), 60);
}

[[noreturn]] void refuse(const redis_address& where, std::string_view why) {
    throw setup_error(fmt::format("--redis: {} {}", where.printable_form(), why));
}

void check_version(const redis_address& where, const std::string& version) {
    unsigned major = 0, minor = 0;
    if (std::sscanf(version.c_str(), "%u.%u", &major, &minor) != 2) refuse(where, "names no version");
    if (major < 6 || (major == 6 && minor < 2))
        refuse(where, fmt::format("is version {}, which is too old: XAUTOCLAIM needs 6.2", version));
}

void check_mode(const redis_address& where, const std::string& mode) {
    if (mode == "cluster")
        refuse(where, "is a node of a cluster, and the keys of a run lie on several nodes: give the address of a "
                      "single server");
    if (mode == "sentinel") refuse(where, "is a Sentinel: give the address of the primary that it watches");
}

std::string key_prefix_of_trial() {
    std::uint64_t seed = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
    return fmt::format("pipebench:trial:{:016x}", splitmix64(seed) ^ static_cast<std::uint64_t>(::getpid()));
}

inspected_redis describe(const redis_address& where, std::string_view info, std::string origin) {
    const auto policy = info_field(info, "maxmemory_policy");
    inspected_redis out;
    out.server = {.name = "redis",
                  .version = info_field(info, "redis_version"),
                  .origin = std::move(origin),
                  .settings =
                      fmt::format("maxmemory_policy={} aof_enabled={}", policy, info_field(info, "aof_enabled"))};
    check_version(where, out.server.version);
    check_mode(where, info_field(info, "redis_mode"));
    if (policy != "noeviction")
        out.warnings.push_back(fmt::format(
            "Redis evicts keys when its memory is full (maxmemory-policy {}): the stream can be lost", policy));
    return out;
}

inspected_redis inspect(const redis_address& where, std::string origin, const patience& until) {
    redis_client redis(where, reply_limit, until);
    const auto reply = redis.command({"INFO"});
    if (reply->type != REDIS_REPLY_STRING) refuse(where, "does not answer INFO with text: it is no Redis");
    auto out = describe(where, {reply->str, static_cast<std::size_t>(reply->len)}, std::move(origin));
    if (const auto why = try_streams(redis, key_prefix_of_trial()); !why.empty()) refuse(where, why);
    return out;
}

}  // namespace

inspected_redis inspect_redis(const std::string& url, std::string origin, const patience& until) {
    const auto where = parse_redis_address(url);
    try {
        return inspect(where, std::move(origin), until);
    } catch (const redis_refusal& e) {
        refuse(where, what_prevents("INFO", e));
    } catch (const redis_error& e) {
        std::string_view why = e.what();
        if (why.starts_with("Redis: ")) why.remove_prefix(7);
        throw setup_error(fmt::format("--redis: {}", why));
    }
}

}  // namespace pipebench

#include "services/inspect_redis.hpp"

#include "contracts/error.hpp"
#include "redis/redis_client.hpp"

#include <fmt/format.h>

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

void check_version(const std::string& version) {
    unsigned major = 0, minor = 0;
    if (std::sscanf(version.c_str(), "%u.%u", &major, &minor) != 2)
        throw setup_error("--redis: the server names no version");
    if (major < 6 || (major == 6 && minor < 2))
        throw setup_error(fmt::format("--redis: version {} is too old: XAUTOCLAIM needs 6.2", version));
}

}  // namespace

inspected_redis inspect_redis(const std::string& url, std::string origin) try {
    redis_client redis(parse_redis_address(url), reply_limit);
    const auto reply = redis.command({"INFO"});
    if (reply->type != REDIS_REPLY_STRING) throw setup_error("--redis: INFO did not answer with text");
    const std::string_view info(reply->str, static_cast<std::size_t>(reply->len));
    const auto policy = info_field(info, "maxmemory_policy");
    inspected_redis out;
    out.server = {.name = "redis",
                  .version = info_field(info, "redis_version"),
                  .origin = std::move(origin),
                  .settings =
                      fmt::format("maxmemory_policy={} aof_enabled={}", policy, info_field(info, "aof_enabled"))};
    check_version(out.server.version);
    if (policy != "noeviction")
        out.warnings.push_back(fmt::format(
            "Redis evicts keys when its memory is full (maxmemory-policy {}): the stream can be lost", policy));
    return out;
} catch (const redis_error& e) {
    throw setup_error(std::string("--redis: ") + e.what());
}

}  // namespace pipebench

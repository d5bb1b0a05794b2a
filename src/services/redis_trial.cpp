#include "services/redis_trial.hpp"

#include "redis/order_stream.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <vector>

namespace pipebench {
namespace {

constexpr const char* consumer = "trial";

struct remedy {
    std::string_view code, words;
};
constexpr std::string_view one_of_a_cluster =
    "is a node of a cluster, and the keys of a run lie on several nodes: give the address of a single server";
constexpr std::array remedies{
    remedy{"READONLY", "is a replica, which takes no writes: give the address of its primary"},
    remedy{"MISCONF", "takes no writes, because it cannot save its data: mend its disk, or run CONFIG SET "
                      "stop-writes-on-bgsave-error no"},
    remedy{"OOM", "has no free memory: raise its maxmemory, or delete keys"},
    remedy{"NOREPLICAS", "takes no writes, because it has too few replicas: see its min-replicas-to-write"},
    remedy{"NOPERM", "does not give this user the rights that redis-streams needs: ACL SETUSER <user> ~pipebench:* "
                     "+@stream +@hash +@transaction +@connection +info +del +scan"},
    remedy{"NOAUTH", "needs a password: give it in the URL, redis://[user:]password@host"},
    remedy{"WRONGPASS", "refuses the user or the password"},
    remedy{"LOADING", "is still loading its data: try again later"},
    remedy{"MASTERDOWN", "is a replica that has lost its primary: give the address of the primary"},
    remedy{"CLUSTERDOWN", one_of_a_cluster},
    remedy{"MOVED", one_of_a_cluster},
    remedy{"CROSSSLOT", one_of_a_cluster},
};

redis_command with_keys(std::string command, const order_stream_keys& keys) {
    redis_command out{std::move(command)};
    for (auto& key : keys.all()) out.push_back(std::move(key));
    return out;
}

/// What a run sends, with the same options: the producer, the consumers, the one that takes over.
std::vector<redis_command> commands_of_a_run(const order_stream_keys& keys) {
    const std::string group = order_stream_keys::group;
    return {
        with_keys("DEL", keys),
        create_group(keys),
        {"MULTI"},
        {"XADD", keys.orders, "*", "order", "1"},
        {"EXEC"},
        {"XREADGROUP", "GROUP", group, consumer, "COUNT", "1", "BLOCK", "1", "STREAMS", keys.orders, ">"},
        {"XAUTOCLAIM", keys.orders, group, consumer, "0", "0-0", "COUNT", "1", "JUSTID"},
        {"XCLAIM", keys.orders, group, consumer, "0", "0-1", "JUSTID"},
        {"XPENDING", keys.orders, group, "-", "+", "1", consumer},
        {"XRANGE", keys.orders, "-", "+", "COUNT", "1"},
        {"MULTI"},
        {"XADD", keys.dead, "*", "order", "1"},
        {"XADD", keys.results, "*", "order", "1"},
        {"XACK", keys.orders, group, "0-1"},
        {"EXEC"},
        {"XREAD", "COUNT", "1", "BLOCK", "1", "STREAMS", keys.results, "0-0"},
        {"XLEN", keys.orders},
        {"XINFO", "GROUPS", keys.orders},
        {"XINFO", "STREAM", keys.orders},
        {"SCAN", "0", "MATCH", keys.orders, "COUNT", "1"},
        with_keys("DEL", keys),
    };
}

void delete_trial(redis_client& redis, const order_stream_keys& keys) {
    for (const auto& one : {redis_command{"DISCARD"}, with_keys("DEL", keys)}) try {
            redis.command(one);
        } catch (const redis_refusal&) {  // no transaction was open; DEL was refused before, when there were no keys
        }
}

}  // namespace

std::string what_prevents(std::string_view command, const redis_refusal& refusal) {
    for (const auto& r : remedies)
        if (r.code == refusal.code()) return fmt::format("{} ({}: {})", r.words, command, refusal.words());
    return fmt::format("refuses {}: {}", command, refusal.words());
}

std::string try_streams(redis_client& redis, const std::string& key_prefix) {
    const order_stream_keys keys(key_prefix);
    for (const auto& one : commands_of_a_run(keys)) try {
            redis.command(one);
        } catch (const redis_refusal& e) {
            delete_trial(redis, keys);
            return what_prevents(one.front(), e);
        }
    return {};
}

}  // namespace pipebench

// Tries on a Redis server what the runs will use.
#pragma once

#include "redis/redis_client.hpp"

#include <string>
#include <string_view>

namespace pipebench {

/// Sends every kind of command that redis-streams sends, on keys with this prefix, which it deletes before and after.
/// Returns an empty text, or what prevents a run: what_prevents() the first command that was refused. Throws
/// redis_lost if the server goes away.
[[nodiscard]] std::string try_streams(redis_client& redis, const std::string& key_prefix);

/// Why the server refused the command, and how to mend it, as what is said of the server: "is a replica: ...".
[[nodiscard]] std::string what_prevents(std::string_view command, const redis_refusal& refusal);

}  // namespace pipebench

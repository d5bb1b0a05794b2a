// Removes the keys of a session from Redis. Errors are ignored, because the session is over.
#pragma once

#include <string>
#include <vector>

namespace pipebench {

void delete_redis_keys(const std::string& url, const std::vector<std::string>& keys) noexcept;
/// Deletes every key that begins with `prefix`, which must not contain special characters of SCAN's MATCH.
void delete_redis_prefix(const std::string& url, const std::string& prefix) noexcept;

}  // namespace pipebench

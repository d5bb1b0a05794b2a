// Removes the keys of a session from Redis. Errors are ignored: by then there is nobody to act on them.
#pragma once

#include <string>
#include <vector>

namespace pipebench {

void delete_redis_keys(const std::string& url, const std::vector<std::string>& keys) noexcept;
/// Every key that begins with `prefix`, in which no character may have a meaning for SCAN's MATCH.
void delete_redis_prefix(const std::string& url, const std::string& prefix) noexcept;

}  // namespace pipebench

#include "services/redis_keys.hpp"

#include "redis/redis_client.hpp"

namespace pipebench {
namespace {

using clock = std::chrono::steady_clock;

constexpr duration reply_limit = std::chrono::seconds(1);  // a session that was interrupted is to end soon
constexpr duration scan_limit = std::chrono::seconds(10);  ///< for going through all keys of a server

}  // namespace

void delete_redis_keys(const std::string& url, const std::vector<std::string>& keys) noexcept try {
    redis_command command{"DEL"};
    command.insert(command.end(), keys.begin(), keys.end());
    redis_client(parse_redis_address(url), reply_limit).command(command);
} catch (const std::exception&) {
}

void delete_redis_prefix(const std::string& url, const std::string& prefix) noexcept try {
    redis_client client(parse_redis_address(url), reply_limit);
    const auto deadline = clock::now() + scan_limit;
    std::string cursor = "0";
    do {
        const auto page = client.command({"SCAN", cursor, "MATCH", prefix + "*", "COUNT", "1000"});
        if (page->type != REDIS_REPLY_ARRAY || page->elements != 2 || page->element[0]->type != REDIS_REPLY_STRING)
            return;
        cursor.assign(page->element[0]->str, static_cast<std::size_t>(page->element[0]->len));
        const redisReply& keys = *page->element[1];
        for (std::size_t i = 0; i < keys.elements; ++i)
            client.command({"DEL", {keys.element[i]->str, static_cast<std::size_t>(keys.element[i]->len)}});
    } while (cursor != "0" && clock::now() < deadline);
} catch (const std::exception&) {
}

}  // namespace pipebench

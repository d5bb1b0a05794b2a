#include "redis/late_results.hpp"

#include "redis/order_stream.hpp"
#include "redis/redis_client.hpp"

namespace pipebench {
namespace {

constexpr duration reply_limit = std::chrono::seconds{2};
constexpr std::size_t entries_per_page = 1000;

}  // namespace

void end_by_late_results(const std::string& url, const std::string& key_prefix, order_log log,
                         const patience& until) {
    redis_client redis(parse_redis_address(url), reply_limit, until);
    const order_stream_keys keys(key_prefix);
    for (std::string from = "-";;) {
        const auto page = entries_listed(
            *redis.command({"XRANGE", keys.results, from, "+", "COUNT", std::to_string(entries_per_page)}));
        for (const auto& entry : page)
            if (const auto said = result_in(entry); said && !log.has_ended(said->order))
                log.end_elsewhere(said->order, said->what, said->service);
        if (page.size() < entries_per_page) return;
        from = "(" + page.back().id;
    }
}

}  // namespace pipebench

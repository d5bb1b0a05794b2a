#include "session/session_services.hpp"

#include "contracts/error.hpp"
#include "redis/redis_address.hpp"
#include "services/inspect_postgres.hpp"
#include "services/inspect_redis.hpp"
#include "services/postgres_fitness.hpp"

#include <fmt/format.h>

namespace pipebench {
namespace {

constexpr std::uint64_t connections_of_our_own = 2;  ///< one for the schema, one for the ledger

void check_free_connections(std::uint64_t free, std::uint64_t wanted) {
    if (wanted + connections_of_our_own > free)
        throw setup_error(fmt::format("--postgres: the runs need {} connections and the server has {} free: lower "
                                      "-c, or raise its max_connections",
                                      wanted + connections_of_our_own, free));
}

}  // namespace

session_services::session_services(const server_choice& choice, const server_needs& need,
                                   const server_patience& until, const say& message, const say& warning)
    : until_(until) {
    const bool redis_given = need.redis && !choice.redis.empty();
    if (!choice.postgres.empty()) use_postgres(choice, need.database_connections);
    if (redis_given) use_redis(choice, warning);
    scratch_directory::sweep(until_.start);
    if (choice.postgres.empty() || (need.redis && !redis_given)) scratch_.emplace(server_user("postgres"));
    if (choice.postgres.empty()) use_postgres(choice, need.database_connections);
    if (need.redis && !redis_given) use_redis(choice, warning);
    for (const auto& s : servers_) message(fmt::format("{} {}, {}", s.name, s.version, s.origin));
}

std::vector<std::string> session_services::take_failures(const patience& until) {
    std::vector<std::string> out;
    const auto add = [&](std::string failure) {
        if (!failure.empty()) out.push_back(std::move(failure));
    };
    if (postgres_) add(postgres_->take_failure(until));
    if (redis_) add(redis_->take_failure(until));
    return out;
}

void session_services::use_postgres(const server_choice& choice, std::uint64_t connections) {
    const bool own = choice.postgres.empty();
    if (own) postgres_.emplace(*scratch_, postgres_settings{choice.pg_bindir, connections}, until_);
    postgres_url_ = own ? postgres_->connection_string() : choice.postgres;
    const auto origin = own ? "throwaway" : printable_postgres(postgres_url_);
    const auto seen = inspect_postgres(postgres_url_, origin, until_.start);
    servers_.push_back(seen.server);
    if (own) return;
    check_postgres_fits(ask_postgres(postgres_url_, until_.start), ask_postgres(postgres_url_, until_.start));
    check_free_connections(seen.free_connections, connections);
}

void session_services::use_redis(const server_choice& choice, const say& warning) {
    const bool own = choice.redis.empty();
    if (own) redis_.emplace(*scratch_, until_);
    redis_url_ = own ? redis_->url() : choice.redis;
    const auto origin = own ? "throwaway" : parse_redis_address(redis_url_).printable_form();
    const auto seen = inspect_redis(redis_url_, origin, until_.start);
    servers_.push_back(seen.server);
    for (const auto& w : seen.warnings) warning(w);
}

}  // namespace pipebench

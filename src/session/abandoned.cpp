#include "session/abandoned.hpp"

#include "contracts/error.hpp"
#include "contracts/random_id.hpp"
#include "redis/redis_client.hpp"
#include "services/redis_keys.hpp"
#include "system/process_identity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace pipebench {
namespace {

constexpr std::string_view mark = "pipebench session of ";
constexpr const char* sessions_key = "pipebench:sessions";  ///< a hash: session id -> identity of its process
constexpr std::chrono::seconds limit{5};                    ///< for an answer of either server
constexpr std::chrono::seconds limit_at_end{1};             ///< a session that was interrupted is to end soon
constexpr int most_schemas = 100;                           ///< that one sweep looks at

/// Why something is left; empty if it is abandoned.
std::string why_left(whereabouts owner, abandoned which, bool is_used) {
    if (owner == whereabouts::here) return "its session is running";
    if (owner == whereabouts::elsewhere && is_used) return "its session has connections";
    return owner == whereabouts::gone || which == abandoned::as_far_as_seen ? ""
                                                                            : "its session may be running elsewhere";
}

/// One schema with our kind of name.
void sweep_schema(postgres_client& server, const std::string& name, std::string_view comment, bool is_used,
                  abandoned which, const say_line& tell) {
    const bool is_marked = comment.starts_with(mark);
    const auto why = is_marked ? why_left(find_process(comment), which, is_used)
                               : std::string("it has no mark: --keep or an earlier version made it");
    if (why.empty()) {
        server.ask(fmt::format("DROP SCHEMA IF EXISTS \"{}\" CASCADE", name));
        tell(fmt::format("PostgreSQL: dropped schema {}, which a session that was killed had left", name));
    } else if (which == abandoned::as_far_as_seen) {
        tell(fmt::format("PostgreSQL: schema {} is left: {}", name, why));
    }
}

bool is_session_id(std::string_view id) {
    const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    return id.size() == 8 && std::all_of(id.begin(), id.end(), is_digit);
}

}  // namespace

std::string new_session_id() { return random_hexadecimal<std::uint32_t>(); }

std::string mark_schema_sql(const std::string& schema) {
    auto identity = own_identity();
    std::erase_if(identity, [](char c) { return c == '\'' || c == '\\'; });
    return fmt::format("COMMENT ON SCHEMA \"{}\" IS '{}{}'", schema, mark, identity);
}

void sweep_schemas(const std::string& postgres, const patience& until, abandoned which, const say_line& tell) {
    postgres_client server(postgres, until, {.connect = limit, .answer = limit});
    const auto found = server.ask(
        fmt::format("SELECT nspname, obj_description(oid, 'pg_namespace'), "
                    "(SELECT count(*) FROM pg_stat_activity WHERE application_name = nspname) FROM pg_namespace "
                    "WHERE nspname ~ '^pipebench_[0-9a-f]{{8}}$' AND pg_has_role(nspowner, 'USAGE') "
                    "ORDER BY nspname LIMIT {}",
                    most_schemas));
    for (std::size_t row = 0; row < found.size(); ++row) {
        const std::string name = found.text(row, 0);
        try {
            sweep_schema(server, name, found.text(row, 1), found.number(row, 2) > 0, which, tell);
        } catch (const interrupted&) {
            throw;
        } catch (const setup_error& e) {
            tell(fmt::format("PostgreSQL: schema {} is left, it could not be dropped: {}", name, e.what()));
            if (which == abandoned::surely) return;  // each takes its time, and nobody has asked for this
        }
    }
}

void sweep_keys(const std::string& redis, const patience& until, abandoned which, const say_line& tell) {
    redis_client server(parse_redis_address(redis), limit, until);
    for (const auto& [id, owner] : hash_in(*server.command({"HGETALL", sessions_key}))) {
        if (!is_session_id(id)) continue;
        const auto why = why_left(find_process(owner), which, false);
        if (why.empty()) {
            delete_redis_prefix(redis, fmt::format("pipebench:{}:", id));
            server.command({"HDEL", sessions_key, id});
            tell(fmt::format("Redis: deleted the keys pipebench:{}:*, which a session that was killed had left", id));
        } else if (which == abandoned::as_far_as_seen) {
            tell(fmt::format("Redis: the keys pipebench:{}:* are left: {}", id, why));
        }
    }
}

void sweep_before_a_session(const std::string& postgres, const std::string& redis, const patience& until,
                            const say_line& tell) {
    const auto attempt = [&](const std::string& server, auto sweep) {
        if (server.empty()) return;
        try {
            sweep();
        } catch (const interrupted&) {
            throw;
        } catch (const std::runtime_error& e) {
            tell(fmt::format("cannot look for what killed sessions have left: {}", e.what()));
        }
    };
    attempt(postgres, [&] { sweep_schemas(postgres, until, abandoned::surely, tell); });
    attempt(redis, [&] { sweep_keys(redis, until, abandoned::surely, tell); });
}

session_keys::session_keys(std::string redis, std::string id, const patience& until)
    : redis_(std::move(redis)), id_(std::move(id)) {
    try {
        redis_client(parse_redis_address(redis_), limit, until).command({"HSET", sessions_key, id_, own_identity()});
    } catch (const interrupted&) {
        throw;
    } catch (const setup_error&) {
    }
}

session_keys::~session_keys() {
    try {
        redis_client(parse_redis_address(redis_), limit_at_end).command({"HDEL", sessions_key, id_});
    } catch (const std::exception&) {
    }
}

}  // namespace pipebench

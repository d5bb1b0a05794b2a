#include "cli/server_options.hpp"

#include "cli/options.hpp"
#include "pipeline/endpoint.hpp"
#include "redis/redis_address.hpp"
#include "services/inspect_postgres.hpp"

namespace pipebench {

void declare_databases(option_set& options, server_choice& choice) {
    options.text("--postgres", "URL", choice.postgres, "postgresql://... or key=value pairs")
        .environment("PIPEBENCH_POSTGRES");
    options.text("--redis", "URL", choice.redis, "redis://..., rediss://... or unix:///...")
        .environment("PIPEBENCH_REDIS");
}

void declare_servers(option_set& options, server_choice& choice) {
    options.group("Servers (default: throwaway ones, started by pipebench)");
    declare_databases(options, choice);
    options.text("--target", "URL", choice.target, "http://...: an order API (docs/order.schema.json)")
        .environment("PIPEBENCH_TARGET");
    options.text("--pg-bindir", "DIR", choice.pg_bindir, "directory of postgres and initdb [found automatically]");
}

void check_addresses(server_choice& choice) {
    if (!choice.target.empty()) choice.target = parse_api_endpoint(choice.target).url();
    if (!choice.redis.empty()) static_cast<void>(parse_redis_address(choice.redis));
    if (!choice.postgres.empty()) static_cast<void>(printable_postgres(choice.postgres));
}

}  // namespace pipebench

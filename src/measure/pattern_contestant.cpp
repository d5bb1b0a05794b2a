#include "measure/pattern_contestant.hpp"

#include "redis/order_stream.hpp"
#include "services/redis_keys.hpp"
#include "system/environment.hpp"

#include <sys/wait.h>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace pipebench {
namespace {

/// Leaves out the variables that are set already.
void add_missing(std::vector<std::string>& out, std::vector<std::string> more) {
    for (auto& variable : more) {
        const auto name = variable.substr(0, variable.find('=') + 1);
        if (std::none_of(out.begin(), out.end(), [&](const auto& set) { return set.starts_with(name); }))
            out.push_back(std::move(variable));
    }
}

/// A clean environment, so that no variable of the user affects libpq, unless the user gave the server.
std::vector<std::string> run_environment(const run_start& with) {
    auto out = own_environment();
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(with.spec.work.limits.attempt).count();
    out.push_back(fmt::format("PGCONNECT_TIMEOUT={}", std::max<std::int64_t>(2, seconds)));
    out.push_back("PGAPPNAME=" + with.spec.where.schema);  // identifies its connections in pg_stat_activity
    if (with.postgres == server_owner::pipebench) return out;
    add_missing(out, libpq_variables());
    return out;
}

}  // namespace

/// With workers elsewhere, this machine only gives out orders and counts results.
needs pattern_contestant::needs_at(const workload& work) const {
    auto out = pattern_.needs_at(work);
    if (elsewhere_ == 0) return out;
    return {.in_flight = elsewhere_ * out.in_flight,
            .descriptors = 100,
            .behind_another = out.behind_another,
            .redis = out.redis,
            .event_loops = out.event_loops};
}

child_process pattern_contestant::start(const run_start& with) const {
    const auto spec = write_spec(with.spec);
    child_settings settings;
    settings.arguments = {binary_, "_run"};
    settings.environment = run_environment(with);
    settings.descriptors = {{1, with.notes},
                            {2, with.notes},
                            {spec_descriptor, spec.get()},
                            {recorder_descriptor, with.record.descriptor()}};
    return child_process::spawn(settings);
}

void pattern_contestant::delete_keys(const std::string& redis, const std::string& prefix) const noexcept {
    delete_redis_keys(redis, order_stream_keys(prefix).all());
}

std::string pattern_contestant::describe_failure(const run_observation& seen) const {
    if (seen.runs > 1) return fmt::format("it died {} times, at last {}", seen.runs, seen.end.describe());
    if (WIFSIGNALED(seen.end.status))
        return fmt::format("the run was {}, which was not planned", seen.end.describe());
    return "the run failed: " + seen.last_words();
}

}  // namespace pipebench

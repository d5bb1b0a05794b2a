#include "measure/incidents.hpp"

#include <fmt/format.h>

#include <csignal>

namespace pipebench {
namespace {

std::string kill_victim(victim target, pid_t run, std::uint64_t seed, session_services& services) {
    switch (target) {
        case victim::worker: {
            const auto hit = kill_a_worker(run, seed);
            return hit.is_the_run ? fmt::format("killed the run (process {}): it has no worker processes", hit.pid)
                                  : fmt::format("killed worker {}", hit.pid);
        }
        case victim::run: ::kill(run, SIGKILL); return fmt::format("killed the run (process {})", run);
        case victim::redis: services.kill_redis(); return "killed Redis, which came back empty";
        case victim::postgres: services.kill_postgres(); return "killed PostgreSQL, and started it again";
        case victim::none: break;
    }
    return {};
}

}  // namespace

std::vector<incident> incidents_of(const chaos_plan& chaos, const scenario& trouble, const pattern& p,
                                   const workload& work, incident_targets targets) {
    std::vector<incident> out;
    if (trouble.database.terminate_at > 0)
        out.push_back({"connections", trouble.database.terminate_at, [&schema = targets.schema](pid_t) {
                           return fmt::format("terminated {} connections to PostgreSQL",
                                              schema.terminate_connections());
                       }});
    const bool spared = chaos.target == victim::redis && !p.needs_at(work).redis;
    if (chaos.target == victim::none || spared) return out;
    const auto strike = [target = chaos.target, seed = work.seed, &services = targets.services](pid_t run) {
        return kill_victim(target, run, seed, services);
    };
    const bool restarts = chaos.target == victim::redis || chaos.target == victim::postgres;
    out.push_back({std::string(name_of(chaos.target)), chaos.at, strike, restarts});
    return out;
}

}  // namespace pipebench

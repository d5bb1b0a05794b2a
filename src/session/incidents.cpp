#include "session/incidents.hpp"
#include "system/kill.hpp"

#include <fmt/format.h>

#include <csignal>

namespace pipebench {
namespace {

std::string kill_run(pid_t run) {
    ::kill(run, SIGKILL);
    return fmt::format("killed the run (process {})", run);
}

/// One that has its workers and no longer needs them is near its end: it is left alone.
std::string kill_worker_of(pid_t run, const workload& work, const pattern& p) {
    if (p.needs_at(work).processes == 1) return kill_run(run) + ": it has no worker processes";
    const pid_t hit = kill_a_child(run, work.seed);
    return hit > 0 ? fmt::format("killed worker {}", hit) : "found no worker left to kill";
}

std::string kill_victim(victim target, pid_t run, const workload& work, const pattern& p,
                        session_services& services) {
    switch (target) {
        case victim::worker: return kill_worker_of(run, work, p);
        case victim::run: return kill_run(run);
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
    const auto strike = [target = chaos.target, &work, &p, &services = targets.services](pid_t run) {
        return kill_victim(target, run, work, p, services);
    };
    const bool restarts = chaos.target == victim::redis || chaos.target == victim::postgres;
    out.push_back({std::string(name_of(chaos.target)), chaos.at, strike, restarts});
    return out;
}

}  // namespace pipebench

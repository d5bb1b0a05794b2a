#include "session/incidents.hpp"

#include "contracts/error.hpp"
#include "system/kill.hpp"

#include <fmt/format.h>

#include <csignal>

namespace pipebench {
namespace {

strike kill_run(pid_t run) {
    ::kill(run, SIGKILL);
    return {.text = fmt::format("killed the run (process {})", run), .killed_run = true, .process = run};
}

/// Kills nothing if the workers of the run have ended already, because it is then near its end.
strike kill_worker_of(pid_t run, const workload& work, const contestant& who) {
    const auto need = who.needs_at(work);
    if (need.processes + need.helpers == 1) {
        auto done = kill_run(run);
        done.text += ": it has no worker processes";
        return done;
    }
    const pid_t hit = kill_a_child(run, work.seed);
    if (hit <= 0) return {.text = "found no worker left to kill", .hit = false};
    return {.text = fmt::format("killed worker {}", hit), .process = hit};
}

strike kill(kill_target target, pid_t run, const workload& work, const contestant& who, const incident_means& means) {
    switch (target) {
        case kill_target::worker: return kill_worker_of(run, work, who);
        case kill_target::run: return kill_run(run);
        case kill_target::redis: means.kill_redis(); return {.text = "killed Redis, which came back empty"};
        case kill_target::postgres: means.kill_postgres(); return {.text = "killed PostgreSQL, and started it again"};
        case kill_target::host: means.kill_host(); return {.text = "ran --chaos-command"};
        case kill_target::connections:  // a scenario terminates them, not --chaos
        case kill_target::itself:
        case kill_target::none: break;
    }
    return {};
}

strike terminate(const std::function<std::uint64_t()>& connections) try {
    const auto ended = connections();
    return {.text = fmt::format("terminated {} connections to PostgreSQL", ended), .hit = ended > 0};
} catch (const setup_error& e) {  // PostgreSQL is away; that alone does not end the session
    return {.text = fmt::format("could not terminate the connections to PostgreSQL ({})", e.what()), .hit = false};
}

incident connection_loss(double at, const incident_means& means) {
    return {kill_target::connections, at,
            [connections = means.terminate_connections](pid_t) { return terminate(connections); }};
}

}  // namespace

std::vector<incident> incidents_of(const chaos_plan& chaos, const scenario& trouble, const contestant& who,
                                   const workload& work, const incident_means& means) {
    std::vector<incident> out;
    if (trouble.database.terminate_at > 0) out.push_back(connection_loss(trouble.database.terminate_at, means));
    const bool not_used = chaos.target == kill_target::redis && !who.needs_at(work).redis;
    if (chaos.target == kill_target::none || not_used) return out;
    const auto strike = [target = chaos.target, &work, &who, means](pid_t run) {
        return kill(target, run, work, who, means);
    };
    const bool restarts = chaos.target == kill_target::redis || chaos.target == kill_target::postgres;
    out.push_back({chaos.target, chaos.at, strike, restarts});
    return out;
}

}  // namespace pipebench

// services: starts the servers and the table of a run for any program, for example to develop a runner or to
// benchmark the servers. It measures nothing.
#include "cli/command.hpp"
#include "cli/metrics_options.hpp"
#include "cli/options.hpp"
#include "cli/server_options.hpp"
#include "cli/shell.hpp"
#include "cli/terminal.hpp"
#include "cli/work_options.hpp"
#include "contracts/scenario.hpp"
#include "measure/run_watch.hpp"
#include "measure/schedule_file.hpp"
#include "measure/user_runner.hpp"
#include "services/mock_api_process.hpp"
#include "services/redis_keys.hpp"
#include "session/abandoned.hpp"
#include "session/session_schema.hpp"
#include "session/session_services.hpp"
#include "system/box.hpp"
#include "system/environment.hpp"
#include "system/signal_watch.hpp"

#include <poll.h>
#include <unistd.h>

#include <fmt/format.h>

#include <cstdio>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace pipebench {
namespace {

/// Called about once per second while the servers serve.
using look = std::function<void()>;

/// Tells a feed what the servers use.
class services_teller {
public:
    services_teller(live_feed& feed, const workload& work, std::vector<watched_service> services)
        : feed_(feed), services_(std::move(services)), watches_(services_.begin(), services_.end()) {
        run_opening begins;
        begins.pattern = "services";
        begins.scenario = clean_scenario;
        begins.work = work;
        feed_.tell(begins);
    }

    void look() {
        run_glance seen;
        seen.number = ++number_;
        for (auto& w : watches_) {
            w.sample_when_due();
            seen.services.push_back(w.glance());
        }
        feed_.tell(seen);
    }

private:
    live_feed& feed_;
    std::vector<watched_service> services_;
    std::vector<service_watch> watches_;
    std::uint64_t number_ = 0;
};

class services_command final : public command {
public:
    void declare(option_set& options) override;
    exit_code run() override;

private:
    [[nodiscard]] exit_code start_and_serve(signal_watch& signals) const;
    [[nodiscard]] exit_code serve(std::vector<std::string> environment, signal_watch& signals,
                                  const look& each_second) const;

    work_options work_;
    server_choice servers_;
    metrics_options metrics_;
    std::vector<std::string> command_;
};

void services_command::declare(option_set& options) {
    declare_work(options, work_);
    declare_servers(options, servers_);
    options.group("Metrics");
    declare_metrics(options, metrics_);
    options.group("What to run");
    options.rest("COMMAND", command_, "program and arguments, after --; without it, prints the variables");
}

/// A shell assignment with a quoted value.
std::string as_assignment(std::string_view variable) {
    const auto equals = variable.find('=');
    return fmt::format("{}={}", variable.substr(0, equals), shell_quoted(variable.substr(equals + 1)));
}

void print_exports(const std::vector<std::string>& environment) {
    for (const auto& variable : environment)
        if (variable.starts_with("PIPEBENCH_")) fmt::print("export {}\n", as_assignment(variable));
    std::fflush(stdout);
    tell("serving until Ctrl-C\n");
}

/// Starts the program with our standard streams and terminal, so that a Ctrl-C reaches it.
child_process start(const std::vector<std::string>& command, std::vector<std::string> environment) {
    child_settings settings;
    settings.arguments = {"/bin/sh", "-c", "exec \"$@\"", "sh"};
    settings.arguments.insert(settings.arguments.end(), command.begin(), command.end());
    settings.environment = std::move(environment);
    settings.descriptors = {{0, STDIN_FILENO}};
    settings.own_session = false;
    return child_process::spawn(settings);
}

/// Waits for the program. Returns its exit code as a shell would report it.
exit_code follow(child_process program, signal_watch& signals, const look& each_second) {
    for (unsigned tenths = 0;; ++tenths) {
        if (const auto end = program.wait_for(std::chrono::milliseconds(100)))
            return static_cast<exit_code>(end->code_of_shell());
        signals.poll();
        if (tenths % 10 == 0) each_second();
        if (signals.was_terminated()) program.signal(SIGTERM);
    }
}

exit_code wait_for_signal(signal_watch& signals, const look& each_second) {
    constexpr int second_ms = 1000;
    while (signals.count() == 0) {
        each_second();
        pollfd waiting{signals.native(), POLLIN, 0};
        ::poll(&waiting, 1, second_ms);
        signals.poll();
    }
    return exit_code::ok;
}

exit_code services_command::serve(std::vector<std::string> environment, signal_watch& signals,
                                  const look& each_second) const {
    if (!command_.empty()) return follow(start(command_, std::move(environment)), signals, each_second);
    print_exports(environment);
    return wait_for_signal(signals, each_second);
}

/// The servers of ours.
std::vector<watched_service> watched(const session_services& services, const std::optional<mock_api_process>& api) {
    std::vector<watched_service> out;
    if (services.redis_pid() != 0) out.push_back({service::redis, [&] { return services.redis_pid(); }});
    if (services.postgres_pid() != 0) out.push_back({service::postgres, [&] { return services.postgres_pid(); }});
    if (api) out.push_back({service::mock_api, [&] { return api->pid(); }});
    return out;
}

exit_code services_command::run() {
    signal_watch signals;
    try {
        return start_and_serve(signals);
    } catch (const interrupted&) {
        return code_of_signal(signals.first());
    }
}

exit_code services_command::start_and_serve(signal_watch& signals) const {
    run_spec spec{"services", workload_of(work_), {}};
    auto choice = servers_;
    check_addresses(choice);
    const auto feed = open_metrics(metrics_, "services", verbosity::normal);
    raise_descriptor_limit(spec.work.orders + 1000);
    const session_patience until(signals, {});
    const auto say = [](const std::string& text) { tell(text + "\n"); };
    const auto need = needs_of_runner(spec.work);
    const session_services services(choice, {need.database_connections, true}, until.for_servers(), say, say);
    const auto id = new_session_id();
    sweep_before_a_session(choice.postgres, choice.redis, until.before_a_run, say);
    std::optional<session_keys> keys;
    if (!choice.redis.empty()) keys.emplace(choice.redis, id, until.before_a_run);
    session_schema schema({.postgres = services.postgres_url(),
                           .name = "pipebench_" + id,
                           .schema = services.postgres_pid() != 0 ? leftovers::keep : leftovers::drop,
                           .warning = say},
                          until);
    const auto table = schema.make_table("orders");
    std::optional<mock_api_process> api;
    if (choice.target.empty()) api.emplace(own_binary(), spec.work, std::string(), until.before_a_run);
    spec.where = {
        api ? api->url() : choice.target, services.postgres_url(), services.redis_url(), table.schema, table.table,
        fmt::format("pipebench:{}:1", id)};
    std::optional<schedule_file> schedule;
    if (spec.work.arrive.open()) spec.schedule = schedule.emplace(arrival_schedule(spec.work)).path();
    std::optional<services_teller> teller;
    if (feed) teller.emplace(*feed, spec.work, watched(services, api));
    const auto code = serve(runner_environment(spec), signals, [&] {
        if (teller) teller->look();
    });
    delete_redis_prefix(services.redis_url(), spec.where.stream);
    return code;
}

}  // namespace

std::unique_ptr<command> make_services() { return std::make_unique<services_command>(); }

}  // namespace pipebench

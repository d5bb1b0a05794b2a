// services: the throwaway servers of a run and its table, for a program of the user's: to write a runner against, or to
// measure what the servers themselves can do. Nothing is measured here.
#include "cli/command.hpp"
#include "cli/work_options.hpp"
#include "measure/user_runner.hpp"
#include "services/mock_api_process.hpp"
#include "services/redis.hpp"
#include "session/session_schema.hpp"
#include "session/session_services.hpp"
#include "system/box.hpp"
#include "system/environment.hpp"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <memory>
#include <optional>

namespace pipebench {
namespace {

struct services_options {
    work_options_ptr work = std::make_shared<work_options>();
    std::shared_ptr<server_choice> servers = std::make_shared<server_choice>();
    std::vector<std::string> command;
};

/// As in the shell that printed it: quoted, so that it can be pasted.
std::string as_export(std::string_view variable) {
    const auto equals = variable.find('=');
    std::string out = fmt::format("export {}='", variable.substr(0, equals));
    for (const char c : variable.substr(equals + 1)) {
        if (c == '\'') out += "'\\''";
        else out += c;
    }
    return out + "'\n";
}

void print_exports(const std::vector<std::string>& environment) {
    for (const auto& variable : environment)
        if (variable.starts_with("PIPEBENCH_")) fmt::print("{}", as_export(variable));
    std::fflush(stdout);
    fmt::print(stderr, "serving until Ctrl-C\n");
}

/// With its own standard streams, on the terminal that we are on: a Ctrl-C is for the program.
child_process start(const services_options& options, std::vector<std::string> environment) {
    child_settings settings;
    settings.arguments = {"/bin/sh", "-c", "exec \"$@\"", "sh"};
    settings.arguments.insert(settings.arguments.end(), options.command.begin(), options.command.end());
    settings.environment = std::move(environment);
    settings.descriptors = {{0, STDIN_FILENO}};
    settings.own_session = false;
    return child_process::spawn(settings);
}

/// Its own exit code, as a shell would tell it.
exit_code follow(child_process program, signal_watch& signals) {
    for (;;) {
        if (const auto end = program.wait_for(std::chrono::milliseconds(100))) {
            const bool exited = WIFEXITED(end->status);
            return static_cast<exit_code>(exited ? WEXITSTATUS(end->status) : 128 + WTERMSIG(end->status));
        }
        signals.poll();
        if (signals.was_terminated()) program.signal(SIGTERM);
    }
}

exit_code wait_for_signal(signal_watch& signals) {
    while (signals.count() == 0) {
        pollfd waiting{signals.native(), POLLIN, 0};
        ::poll(&waiting, 1, -1);
        signals.poll();
    }
    return exit_code::ok;
}

exit_code serve(const services_options& options) {
    run_spec spec{"services", workload_of(*options.work), {}};
    auto choice = *options.servers;
    check_addresses(choice);
    raise_descriptor_limit(spec.work.orders + 1000);
    signal_watch signals;
    const auto say = [](const std::string& text) { fmt::print(stderr, "{}\n", text); };
    const auto need = needs_of_runner(spec.work);
    const session_services services(choice, {need.database_connections, true}, say, say);
    session_schema schema(services.postgres_url(), fmt::format("pipebench_services_{}", ::getpid()), leftovers::drop);
    const auto table = schema.make_table("orders");
    std::optional<mock_api_process> api;
    if (choice.target.empty()) api.emplace(own_binary(), spec.work);
    spec.where = {api ? api->url() : choice.target,
                  services.postgres_url(),
                  services.redis_url(),
                  table.schema,
                  table.table,
                  fmt::format("pipebench:services:{:010}", ::getpid())};
    auto environment = runner_environment(spec);
    if (options.command.empty()) print_exports(environment);
    const auto code =
        options.command.empty() ? wait_for_signal(signals) : follow(start(options, std::move(environment)), signals);
    delete_redis_prefix(services.redis_url(), spec.where.stream);
    return code;
}

}  // namespace

action declare_services(CLI::App& app) {
    const auto options = std::make_shared<services_options>();
    declare_work(app, options->work);
    declare_servers(app, options->servers);
    app.option_defaults()->group("What to run");
    app.add_option(
        "COMMAND", options->command,
        "a program and its arguments, behind --; none: the variables are printed, and served until Ctrl-C");
    return [options] { return serve(*options); };
}

}  // namespace pipebench

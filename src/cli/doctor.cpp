// doctor: prints the limits of this machine, its servers, and the commands that install missing ones; removes what killed
// sessions have left on servers of the user.
#include "cli/command.hpp"
#include "cli/options.hpp"
#include "cli/profiles.hpp"
#include "cli/server_options.hpp"
#include "cli/terminal.hpp"
#include "pipebench/pattern.hpp"
#include "report/text_table.hpp"
#include "services/find_program.hpp"
#include "services/postgres_data_directory.hpp"
#include "services/scratch_directory.hpp"
#include "session/abandoned.hpp"
#include "session/capacity.hpp"
#include "system/box.hpp"
#include "system/signal_watch.hpp"

#include <unistd.h>

#include <fmt/format.h>

namespace pipebench {
namespace {

class examination {
public:
    void fact(const char* name, const std::string& value) { print_entry(' ', name, value); }
    void problem(const char* name, const std::string& what) {
        healthy_ = false;
        print_entry('!', name, what);
    }
    [[nodiscard]] bool healthy() const { return healthy_; }

private:
    static void print_entry(char mark, const char* name, const std::string& text) {
        fmt::print("{}", reporting::entry(fmt::format("{} {}", mark, name), text, 17, terminal_width(STDOUT_FILENO)));
    }

    bool healthy_ = true;
};

void examine_box(examination& e) {
    const auto box = describe_box();
    const auto limits = limits_of_this_box();
    fmt::print("The box\n");
    e.fact("system", fmt::format("{}, {}, {}", box.host_os, box.kernel, box.virtualization));
    e.fact("cores", fmt::format("{} ({}), load {:.2f}", box.cores,
                                box.cpu_model.empty() ? "model not known" : box.cpu_model, box.load_1min));
    e.fact("memory",
           fmt::format("{} MB, {} MB available", box.memory_bytes / 1'000'000, limits.memory_bytes / 1'000'000));
    if (box.container) e.fact("container", describe(*box.container));
    e.fact("descriptors", fmt::format("{} per process", limits.descriptors));
    e.fact("local ports", fmt::format("{}", limits.ports));
}

void examine_servers(examination& e) {
    fmt::print("\nServers\n");
    if (const auto bindir = find_postgres_bindir({}))
        e.fact("postgres",
               fmt::format("{} in {}", first_line_of(*bindir / "postgres", "--version"), bindir->native()));
    else e.problem("postgres", "not found: apt-get install postgresql, or use --postgres");
    if (const auto redis = find_redis_server())
        e.fact("redis", fmt::format("{} in {}", first_line_of(*redis, "--version"), redis->parent_path().native()));
    else e.problem("redis", "not found, redis-streams cannot run: apt-get install redis-server, or use --redis");
    try {
        const auto user = server_user("postgres");
        e.fact("run as", user ? fmt::format("user {} (we are root)", user->name) : std::string("the calling user"));
        e.fact("scratch", scratch_directory(user).path().parent_path().native());
    } catch (const setup_error& failure) {
        e.problem("scratch", failure.what());
    }
    e.fact("template cache",
           postgres_template_cache().empty() ? "none: HOME is not set" : postgres_template_cache().native());
}

void examine_patterns(examination& e) {
    const auto work = profiles().front().at(default_concurrency);
    const auto limits = limits_of_this_box();
    fmt::print("\nPatterns, with {} orders and {} in flight\n", work.orders, default_concurrency);
    for (const pattern& p : patterns()) {
        const auto why_not = does_not_fit(p.id, p.needs_at(work), limits);
        if (why_not) e.problem(p.id.data(), *why_not);
        else e.fact(p.id.data(), "fits");
    }
}

exit_code examine() {
    raise_descriptor_limit(0);
    examination e;
    examine_box(e);
    examine_servers(e);
    examine_patterns(e);
    if (e.healthy()) fmt::print("\nAll well.\n");
    return e.healthy() ? exit_code::ok : exit_code::unusable;
}

class doctor_command final : public command {
public:
    void declare(option_set& options) override;
    exit_code run() override { return sweep_ ? sweep() : examine(); }

private:
    exit_code sweep();

    bool sweep_ = false;
    server_choice servers_;
};

void doctor_command::declare(option_set& options) {
    options.flag("--sweep", sweep_, "remove what killed sessions have left on --postgres and --redis");
    declare_databases(options, servers_);
}

/// The user says that no session on another machine uses these servers.
exit_code doctor_command::sweep() {
    check_addresses(servers_);
    if (servers_.postgres.empty() && servers_.redis.empty())
        throw setup_error("--sweep: name the servers with --postgres and --redis");
    const auto tell = [](const std::string& text) { fmt::print("{}\n", text); };
    signal_watch signals;
    const patience until(signals, {});
    try {
        if (!servers_.postgres.empty()) sweep_schemas(servers_.postgres, until, abandoned::as_far_as_seen, tell);
        if (!servers_.redis.empty()) sweep_keys(servers_.redis, until, abandoned::as_far_as_seen, tell);
    } catch (const interrupted&) {
        return code_of_signal(signals.first());
    } catch (const std::runtime_error& e) {
        throw setup_error(std::string("--sweep: ") + e.what());
    }
    return exit_code::ok;
}

}  // namespace

std::unique_ptr<command> make_doctor() { return std::make_unique<doctor_command>(); }

}  // namespace pipebench

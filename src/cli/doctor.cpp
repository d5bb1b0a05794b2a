// doctor: prints the limits of this machine, its servers, and the commands that install missing ones.
#include "cli/command.hpp"
#include "cli/profiles.hpp"
#include "pipebench/pattern.hpp"
#include "services/find_program.hpp"
#include "services/postgres_data_directory.hpp"
#include "services/scratch_directory.hpp"
#include "session/capacity.hpp"
#include "system/box.hpp"

#include <fmt/format.h>

namespace pipebench {
namespace {

class examination {
public:
    void fact(const char* name, const std::string& value) { fmt::print("  {:<14} {}\n", name, value); }
    void problem(const char* name, const std::string& what) {
        healthy_ = false;
        fmt::print("! {:<14} {}\n", name, what);
    }
    [[nodiscard]] bool healthy() const { return healthy_; }

private:
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

}  // namespace

std::unique_ptr<command> make_doctor() { return without_options(examine); }

}  // namespace pipebench

#include "measure/chaos.hpp"

#include "measure/process_tree.hpp"
#include "pipebench/duration.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

namespace pipebench {
namespace {

constexpr std::array<std::string_view, 5> names{"none", "worker", "run", "redis", "postgres"};
constexpr auto death_limit = std::chrono::seconds(5);

}  // namespace

std::string_view name_of(victim v) noexcept { return names[static_cast<std::size_t>(v)]; }

std::optional<chaos_plan> parse_chaos(std::string_view text) {
    constexpr std::string_view verb = "kill-";
    if (!text.starts_with(verb)) return std::nullopt;
    text.remove_prefix(verb.size());
    chaos_plan plan;
    const auto at = text.find('@');
    if (at != std::string_view::npos) {
        const auto share = parse_share(text.substr(at + 1));
        if (!share || *share == 1) return std::nullopt;  // there is nothing left to kill then
        plan.at = *share;
    }
    for (std::size_t i = 1; i < names.size(); ++i)
        if (text.substr(0, at) == names[i]) plan.target = static_cast<victim>(i);
    return plan.target == victim::none ? std::nullopt : std::optional(plan);
}

std::string format_chaos(const chaos_plan& plan) {
    return plan.target == victim::none ? "" : fmt::format("kill-{}@{:g}%", name_of(plan.target), 100 * plan.at);
}

pid_t kill_a_worker(pid_t run, std::uint64_t choice) {
    const auto workers = children_of(run);
    if (workers.empty()) return 0;
    const pid_t hit = workers[choice % workers.size()];
    ::kill(hit, SIGKILL);
    return hit;
}

void kill_tree(pid_t root) {
    std::vector<pid_t> doomed{root};
    // Its descendants are looked for before it dies: afterwards nothing shows that they were its.
    for (std::size_t i = 0; i < doomed.size(); ++i)
        for (const pid_t child : children_of(doomed[i])) doomed.push_back(child);
    for (const pid_t pid : doomed) ::kill(pid, SIGKILL);
    const auto deadline = std::chrono::steady_clock::now() + death_limit;
    for (std::size_t i = 1; i < doomed.size(); ++i)
        while (is_alive(doomed[i]) && std::chrono::steady_clock::now() < deadline)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

}  // namespace pipebench

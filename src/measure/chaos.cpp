#include "measure/chaos.hpp"

#include "measure/process_tree.hpp"
#include "pipebench/number.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

namespace pipebench {
namespace {

constexpr std::array<std::string_view, 5> names{"none", "worker", "run", "redis", "postgres"};
constexpr auto death_limit = std::chrono::seconds(5);

std::optional<double> share_of(std::string_view text) {
    const bool percent = text.ends_with('%');
    if (percent) text.remove_suffix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    if (percent) value /= 100;
    return value >= 0 && value < 1 ? std::optional(value) : std::nullopt;
}

}  // namespace

std::string_view name_of(victim v) noexcept { return names[static_cast<std::size_t>(v)]; }

std::optional<chaos_plan> parse_chaos(std::string_view text) {
    constexpr std::string_view verb = "kill-";
    if (!text.starts_with(verb)) return std::nullopt;
    text.remove_prefix(verb.size());
    chaos_plan plan;
    const auto at = text.find('@');
    if (at != std::string_view::npos) {
        const auto share = share_of(text.substr(at + 1));
        if (!share) return std::nullopt;
        plan.at = *share;
    }
    for (std::size_t i = 1; i < names.size(); ++i)
        if (text.substr(0, at) == names[i]) plan.target = static_cast<victim>(i);
    return plan.target == victim::none ? std::nullopt : std::optional(plan);
}

std::string format_chaos(const chaos_plan& plan) {
    return plan.target == victim::none ? "" : fmt::format("kill-{}@{:g}%", name_of(plan.target), 100 * plan.at);
}

casualty kill_a_worker(pid_t run, std::uint64_t choice) {
    const auto workers = children_of(run);
    const casualty hit{workers.empty() ? run : workers[choice % workers.size()], workers.empty()};
    ::kill(hit.pid, SIGKILL);
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

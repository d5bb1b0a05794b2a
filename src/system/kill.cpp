#include "system/kill.hpp"

#include "system/process_tree.hpp"

#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

namespace pipebench {
namespace {

constexpr auto death_limit = std::chrono::seconds(5);

}  // namespace

pid_t kill_a_child(pid_t parent, std::uint64_t choice) {
    const auto children = children_of(parent);
    if (children.empty()) return 0;
    const pid_t hit = children[choice % children.size()];
    ::kill(hit, SIGKILL);
    return hit;
}

void kill_tree(pid_t root) {
    std::vector<pid_t> tree{root};
    // Collected before the kill, because afterwards the descendants have another parent.
    for (std::size_t i = 0; i < tree.size(); ++i)
        for (const pid_t child : children_of(tree[i])) tree.push_back(child);
    for (const pid_t pid : tree) ::kill(pid, SIGKILL);
    const auto deadline = std::chrono::steady_clock::now() + death_limit;
    for (std::size_t i = 1; i < tree.size(); ++i)
        while (is_alive(tree[i]) && std::chrono::steady_clock::now() < deadline)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

}  // namespace pipebench

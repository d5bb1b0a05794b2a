#include "session/capacity.hpp"

#include <sys/resource.h>

#include <fmt/format.h>

#include <algorithm>

namespace pipebench {
namespace {

constexpr std::uint64_t spare_descriptors = 64;  ///< besides sockets: logs, pipes, libraries
constexpr std::uint64_t descriptors_of_our_own = 1000;
constexpr std::uint64_t bytes_per_order_in_flight = 8 * 1024;  ///< more than any measurement showed; see docs/why.md
constexpr std::uint64_t bytes_per_process = 3 * 1024 * 1024;
constexpr std::uint64_t threads_of_the_servers = 24;  ///< of throwaway ones, besides a process per connection

}  // namespace

box_limits limits_of_this_box() {
    rlimit descriptors{};
    ::getrlimit(RLIMIT_NOFILE, &descriptors);
    return {.descriptors = descriptors.rlim_cur,
            .ports = ephemeral_ports(),
            .memory_bytes = available_memory(),
            .threads = startable_threads(),
            .threads_per_process = threads_per_process()};
}

std::optional<std::string> does_not_fit(std::string_view id, const needs& need, const box_limits& limits) {
    const auto refuse = [&](std::uint64_t wanted, const char* what, std::uint64_t have, const char* advice) {
        return fmt::format("{}: {} orders in flight need {} {}, this box has {}: {}", id, need.in_flight, wanted,
                           what, have, advice);
    };
    if (const auto wanted = need.descriptors + spare_descriptors; wanted > limits.descriptors)
        return refuse(wanted, "descriptors", limits.descriptors, "lower -n or -c, or raise 'ulimit -n'");
    if (need.in_flight > limits.ports)
        return refuse(need.in_flight, "local ports", limits.ports,
                      "lower -n or -c, or widen net.ipv4.ip_local_port_range");
    if (const auto wanted =
            need.processes * need.threads + need.helpers + need.database_connections + threads_of_the_servers;
        wanted > limits.threads)
        return refuse(wanted, "processes and threads, servers included", limits.threads,
                      "lower -c, or raise 'ulimit -u' or the container's limit of processes (pids.max)");
    if (need.threads > limits.threads_per_process)
        return refuse(need.threads, "threads in one process", limits.threads_per_process,
                      "lower -c, or raise 'ulimit -v'");
    const auto memory =
        need.in_flight * bytes_per_order_in_flight + (need.processes + need.helpers) * bytes_per_process;
    if (memory > limits.memory_bytes)
        return refuse(memory / 1'000'000, "MB of memory", limits.memory_bytes / 1'000'000, "lower -n or -c");
    return std::nullopt;
}

needs largest_of(const std::vector<needs>& all) {
    needs most;
    for (const auto& one : all) {
        most.in_flight = std::max(most.in_flight, one.in_flight);
        most.database_connections = std::max(most.database_connections, one.database_connections);
        most.descriptors = std::max(most.descriptors, one.descriptors);
        most.processes = std::max(most.processes, one.processes);
        most.threads = std::max(most.threads, one.threads);
        most.helpers = std::max(most.helpers, one.helpers);
        most.redis = most.redis || one.redis;
    }
    return most;
}

std::uint64_t raise_descriptor_limit_for(const needs& most) {
    return raise_descriptor_limit(most.descriptors + descriptors_of_our_own);
}

}  // namespace pipebench

// A redis-server of a test's own, which the test brings into trouble.
#pragma once

#include "redis/redis_client.hpp"
#include "support/command.hpp"
#include "system/child_process.hpp"

#include <fmt/format.h>

#include <csignal>
#include <optional>
#include <string>
#include <vector>

namespace pipebench::test {

/// Of the loopback interface. Below 55536, so that a node of a cluster has a bus at port + 10000.
[[nodiscard]] unsigned free_redis_port();

/// Listens on a unix socket and on a port of the loopback interface. The destructor kills it.
class redis_server {
public:
    /// `options`: "--cluster-enabled", "yes".
    explicit redis_server(std::vector<std::string> options = {});

    [[nodiscard]] std::string url() const { return "unix://" + socket(); }
    /// `login`: "user:password@", or nothing.
    [[nodiscard]] std::string tcp_url(const std::string& login = {}) const {
        return fmt::format("redis://{}127.0.0.1:{}", login, port_);
    }
    [[nodiscard]] std::filesystem::path directory() const { return home_.path() / "data"; }
    [[nodiscard]] pid_t pid() const { return server_->pid(); }

    void signal(int number) const { ::kill(pid(), number); }
    void kill();   ///< with SIGKILL
    void start();  ///< again, and empty; returns when it answers
    redis_reply ask(const redis_command& command) const;
    void set(const std::string& setting, const std::string& value) const { ask({"CONFIG", "SET", setting, value}); }

private:
    [[nodiscard]] std::string socket() const { return home_ / "r.sock"; }

    private_directory home_;
    std::vector<std::string> options_;
    unsigned port_;
    std::optional<child_process> server_;
};

}  // namespace pipebench::test

// Servers that keep their connections open and answer nothing.
#pragma once

#include "support/command.hpp"
#include "support/scripted_server.hpp"
#include "system/process_tree.hpp"

#include <csignal>
#include <string>
#include <vector>

namespace pipebench::test {

/// Stops a server and its children, which then answer nothing, until the destructor.
class silenced {
public:
    explicit silenced(pid_t root) {
        // Each is stopped before its children are listed: it has no further ones.
        for_each_in_tree(root, forks_from::main_thread, [this](pid_t pid) {
            ::kill(pid, SIGSTOP);
            stopped_.push_back(pid);
        });
    }
    silenced(const silenced&) = delete;
    silenced& operator=(const silenced&) = delete;
    ~silenced() {
        for (const pid_t pid : stopped_) ::kill(pid, SIGCONT);
    }

private:
    std::vector<pid_t> stopped_;
};

/// Accepts connections on 127.0.0.1, and never sends anything.
class silent_server {
public:
    [[nodiscard]] std::string port() const { return server_.url().substr(server_.url().rfind(':') + 1); }
    /// Waits for a client.
    [[nodiscard]] bool has_a_client() const {
        return comes_true([this] { return server_.connections() > 0; });
    }

private:
    scripted_server server_{[](scripted_server::connection& c) { c.hold(); }};
};

}  // namespace pipebench::test

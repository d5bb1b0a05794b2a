// The mock order API on a socket: HTTP/1.1 (and 1.0) with keep-alive and pipelining, on a few threads.
//
// One thread only accepts, so that 10,000 clients can connect while the others are busy, without overflow of the
// listen queue. It passes the connections to the serving threads in turn, so that all have equally many. (A listener
// per serving thread would save that thread, but would spread a small number of connections unevenly.) Serving
// threads share only the counters and the state of the scenario.
#pragma once

#include "mock_api/behaviour.hpp"
#include "mock_api/counters.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace pipebench {

struct server_settings {
    std::string address = "127.0.0.1";     ///< IPv4 or IPv6 address to listen on; there is no access control
    std::uint16_t port = 0;                ///< 0: any free port, see mock_api_server::port()
    unsigned threads = 0;                  ///< serving threads, up to 64; 0: as many as cores, but at most 4
    std::size_t max_connections = 20'000;  ///< open at once; more are answered with 503 and closed
    duration idle_timeout = std::chrono::seconds{75};  ///< without a complete request, or with an unread answer
    api_settings api;
    /// Called once, by a serving thread, when the outage of the scenario begins.
    std::function<void(std::chrono::steady_clock::time_point from, std::chrono::steady_clock::time_point to)>
        outage{};
};

/// Serves from construction until stop() or destruction. Its threads block all signals, which the owner handles.
class mock_api_server {
public:
    /// Binds, listens and starts the threads. Throws setup_error, and then leaves no thread or socket.
    explicit mock_api_server(const server_settings& settings);
    ~mock_api_server();  ///< stop() and wait()
    mock_api_server(const mock_api_server&) = delete;
    mock_api_server& operator=(const mock_api_server&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept;
    /// From any thread. The counters are not read at exactly the same time.
    [[nodiscard]] api_stats stats() const noexcept;
    /// Closes the listeners and every connection, even during an answer. Does not wait. From any thread, any number
    /// of times, but not from a signal handler.
    void stop();
    /// Waits until every thread and connection of the server has ended, which needs a stop(). For one thread.
    void wait();

private:
    class implementation;
    std::unique_ptr<implementation> implementation_;
};

}  // namespace pipebench

// The mock order API on a socket: HTTP/1.1 (and 1.0) with keep-alive and pipelining, on a few threads.
//
// One thread only accepts, so that while the others are busy 10,000 clients can connect and the listen queue does not
// overflow. It gives the connections to the serving threads in turn, so that each has as many as the next. (A
// listener for each serving thread would save that thread, but would spread few connections unevenly.) Serving
// threads share only the counters and the state of the scenario.
#pragma once

#include "mock_api/behaviour.hpp"
#include "mock_api/counters.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace pipebench {

struct server_settings {
    std::string address = "127.0.0.1";     ///< IPv4 or IPv6 address to listen on; there is no access control
    std::uint16_t port = 0;                ///< 0: any free one, see mock_api_server::port()
    unsigned threads = 0;                  ///< serving threads, up to 64; 0: as many as cores, but at most 4
    std::size_t max_connections = 20'000;  ///< open at once; more are answered with 503 and closed
    duration idle_timeout = std::chrono::seconds{75};  ///< without a whole request, or with an answer not read
    api_settings api;
};

/// Serves from construction until stop() or destruction. Its threads block all signals, which the owner handles.
class mock_api_server {
public:
    /// Binds, listens and starts the threads. Throws setup_error, with nothing left behind.
    explicit mock_api_server(const server_settings& settings);
    ~mock_api_server();  ///< stop() and wait()
    mock_api_server(const mock_api_server&) = delete;
    mock_api_server& operator=(const mock_api_server&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept;
    /// From any thread. The parts may be an instant apart.
    [[nodiscard]] api_stats stats() const noexcept;
    /// Closes the listeners and every connection, also those that are being answered. Does not wait. From any thread,
    /// any number of times, but not from a signal handler.
    void stop();
    /// Returns when no thread and no connection of the server is left, which is only after stop(). For one thread.
    void wait();

private:
    class implementation;
    std::unique_ptr<implementation> implementation_;
};

}  // namespace pipebench

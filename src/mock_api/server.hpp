// The mock order API on a socket: HTTP/1.1 (and 1.0) with keep-alive and pipelining, on a few threads.
//
// One thread does nothing but accept, so that no burst of serving keeps 10,000 connects waiting until the
// listen queue overflows; it deals the connections out in turn, so that every serving thread gets as many as
// the next. (A listener for each of them would save that thread, but spreads few connections unevenly.) Serving
// threads share nothing but the counters.
#pragma once

#include "mock_api/behaviour.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace pipebench {

struct server_settings {
    std::string address = "127.0.0.1";     ///< IPv4 or IPv6 address to listen on; there is no access control
    std::uint16_t port = 0;                ///< 0: any free one, see mock_api_server::port()
    unsigned threads = 0;                  ///< serving threads, up to 64; 0: as many as cores, but at most 4
    std::size_t max_connections = 20'000;  ///< open at once; more are answered with 503 and closed
    duration idle_timeout = std::chrono::seconds{75};  ///< without a whole request, or with an answer not taken
    api_settings api;
};

/// Serves from construction until stop() or destruction. Its threads take no signals: these are the owner's.
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
    /// Closes the listener and every connection; answers under way are cut off. Does not wait. From any
    /// thread, any number of times, but not from a signal handler.
    void stop();
    /// Returns when no thread and no connection of the server is alive: after stop() only. For one thread.
    void wait();

private:
    class machinery;
    std::unique_ptr<machinery> machinery_;
};

}  // namespace pipebench

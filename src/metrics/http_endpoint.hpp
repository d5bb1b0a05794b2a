// A small HTTP server for scrapers: GET and HEAD of a few paths. It bounds what a client can take: connections, the size
// of a header, and time. One thread: that of its event loop.
#pragma once

#include "pipebench/async.hpp"
#include "system/descriptor.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>

namespace pipebench {

struct http_page {
    std::string content_type;
    std::function<std::string()> text;  ///< called for each request
};
using http_pages = std::map<std::string, http_page, std::less<>>;

/// Says that the program lives.
[[nodiscard]] http_pages::value_type healthz_page();

class http_endpoint {
public:
    static constexpr std::size_t most_connections = 16;   ///< a further one takes the place of the oldest
    static constexpr std::chrono::seconds time_limit{5};  ///< for a request to come, and for its answer to be taken
    static constexpr std::size_t most_header_bytes = 8 * 1024;

    /// `listener`: a listening socket.
    http_endpoint(executor where, descriptor listener, http_pages pages);
    http_endpoint(const http_endpoint&) = delete;
    http_endpoint& operator=(const http_endpoint&) = delete;

    /// Closes all connections; then the event loop has nothing left to do.
    void stop();

private:
    using tcp = asio::ip::tcp;
    using socket = asio::basic_stream_socket<tcp, executor>;
    struct client {
        explicit client(socket&& s) : peer(std::move(s)), deadline(peer.get_executor()) {}
        socket peer;
        timer deadline;
    };
    using client_ptr = std::shared_ptr<client>;

    task<> accept();
    task<> serve(client_ptr who);
    task<bool> answer_one(const client_ptr& who, std::string& input);
    static void limit_time(const client_ptr& who);

    executor where_;
    asio::basic_socket_acceptor<tcp, executor> acceptor_;
    timer pause_;
    http_pages pages_;
    std::list<client_ptr> clients_;  ///< the oldest first
};

}  // namespace pipebench

// An HTTP server that misbehaves: each connection follows a script of the test on its own thread.
#pragma once

#include "pipebench/order.hpp"
#include "system/descriptor.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace pipebench::test {

class scripted_server {
public:
    class connection {
    public:
        connection(int fd, unsigned number) : fd_(fd), number_(number) {}
        [[nodiscard]] unsigned number() const noexcept { return number_; }  ///< 0 for the server's first
        /// The order of the next request; nullopt if the client has closed.
        std::optional<order_id> request();
        /// False if the client has closed.
        bool send(std::string_view bytes);
        bool pause(std::chrono::milliseconds length);  ///< false if the client closed meanwhile
        void hold() { pause(std::chrono::hours{1}); }  ///< until the client closes
        void reset();                                  ///< the connection ends with RST, not FIN

    private:
        friend class scripted_server;
        descriptor fd_;
        unsigned number_;
        std::string unread_;
    };
    using script = std::function<void(connection&)>;

    explicit scripted_server(script s);
    ~scripted_server();  ///< cuts every connection
    scripted_server(const scripted_server&) = delete;
    scripted_server& operator=(const scripted_server&) = delete;

    [[nodiscard]] std::string url() const;
    [[nodiscard]] unsigned connections() const noexcept { return accepted_; }

private:
    void accept_all();

    script script_;
    descriptor listener_;
    std::atomic<unsigned> accepted_ = 0;
    std::mutex mutex_;
    std::list<connection> connections_;
    std::list<std::jthread> threads_;  // joined first, because they use the members above
    std::jthread acceptor_;
};

/// For a server that passes the check of a target and then serves no order any more: answers the first `checks`
/// requests for an order, and 404 to all others.
[[nodiscard]] scripted_server::script orders_for_checks_only(unsigned checks = 1);

/// A whole answer with an order of the mock API.
[[nodiscard]] std::string good_answer(order_id id);
[[nodiscard]] std::string answer(std::string_view status, std::string_view body,
                                 std::string_view fields = "Content-Type: application/json\r\n");

/// A URL on which no server listens.
[[nodiscard]] std::string closed_port_url();
/// A port of the loopback interface that was free a moment ago.
[[nodiscard]] std::string free_port();

}  // namespace pipebench::test

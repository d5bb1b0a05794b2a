// One client of the mock API: reads requests and answers them in order, each when it is due, perhaps with a fault of
// the scenario.
#pragma once

#include "mock_api/counters.hpp"
#include "mock_api/reply_writer.hpp"
#include "mock_api/request_reader.hpp"
#include "mock_api/server.hpp"
#include "mock_api/trouble_state.hpp"
#include "pipebench/async.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <array>
#include <list>
#include <optional>
#include <string>

namespace pipebench {

using stream = asio::basic_stream_socket<asio::ip::tcp, executor>;

inline constexpr std::size_t read_size = 16 * 1024;  ///< most bytes read from a socket at once

struct connection_context;

/// Between two steps exactly one operation is pending (readable, writable or a delay). Its handler takes the next
/// step or removes the connection. After close() no other operation follows the pending one.
class connection {
public:
    connection(connection_context& shared, stream&& socket);
    ~connection();
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    void receive();  ///< the first step
    void close();
    [[nodiscard]] bool overdue(server_clock::time_point now) const;

    std::list<connection>::const_iterator self;

private:
    using error_code = boost::system::error_code;
    using step = void (connection::*)();
    /// flooding, dripping: a reply is being sent in pieces. holding: the request gets no answer. cut_off: reset the
    /// connection after all output is sent.
    enum class phase : std::uint8_t { serving, flooding, dripping, holding, cut_off, answered_last, lingering };
    enum class sending : std::uint8_t { done, blocked, paced, broken };

    void proceed();
    bool compose();
    bool read_request();
    void apply_trouble();
    [[nodiscard]] bool reply_is_due() const;
    [[nodiscard]] bool may_answer();
    void compose_reply();
    [[nodiscard]] phase phase_of_reply();
    void end_reply();
    void end_concurrent();
    sending send();
    void give_back_output();
    void remove();
    void reset();
    void finish();
    void discard();
    void hold();
    void await_readable();
    void await_delay();
    void await(stream::wait_type what, step next);
    void resume(const error_code& ec, step next);

    connection_context& shared_;
    stream socket_;
    timer delay_;
    std::optional<request_reader> reader_;
    std::string input_;  ///< received; taken by the reader up to taken_
    std::size_t taken_ = 0;
    std::string output_;  ///< composed; sent up to sent_
    std::size_t sent_ = 0;
    std::size_t discarded_ = 0;
    std::optional<api_reply> reply_;        ///< decided, and not yet composed to its end
    std::uint64_t filler_ = 0;              ///< bytes of filler appended for reply_ so far
    server_clock::time_point received_at_;  ///< the request of reply_; with a scenario only
    server_clock::time_point due_;          ///< reply_, or its next byte
    server_clock::time_point quiet_since_ = server_clock::now();
    phase phase_ = phase::serving;
    bool lingers_ = false;     ///< linger before closing, since the client may still be sending
    bool concurrent_ = false;  ///< the request of reply_ is counted as concurrent
};

/// Shared by the connections of one thread. Only for that thread.
struct connection_context {
    const server_settings& settings;
    counters& count;
    trouble_state* trouble;  ///< null without a scenario
    executor where;
    reply_writer writer;
    std::array<char, read_size> input{};
    std::string spare_output{};  ///< lent to the connection that is answering, so that idle ones hold none
    std::list<connection> connections{};
};

}  // namespace pipebench

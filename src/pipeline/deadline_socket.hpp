// A TCP connection whose every blocking call ends at a deadline. A call first blocks in the kernel for a short time
// (SO_RCVTIMEO), and waits with poll(2) only after it: most answers cost one call. A Beast SyncStream.
#pragma once

#include "system/descriptor.hpp"
#include "system/patience.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <string_view>

namespace pipebench {

class deadline_socket {
public:
    using clock = std::chrono::steady_clock;

    /// With the patience of the main thread, a signal ends a call, too, after a quarter of a second at most:
    /// errc::interrupted.
    explicit deadline_socket(patience waits = {}) noexcept : patience_(waits) {}

    [[nodiscard]] bool is_open() const noexcept { return fd_.is_open(); }
    void close() noexcept { fd_.reset(); }
    void set_deadline(clock::time_point when) noexcept { deadline_ = when; }
    [[nodiscard]] clock::time_point deadline() const noexcept { return deadline_; }

    /// Every failure is in `ec`; a deadline that passed is errc::timed_out.
    void connect(const boost::asio::ip::tcp::endpoint& where, boost::system::error_code& ec);

    template <class MutableBuffers>
    std::size_t read_some(const MutableBuffers& buffers, boost::system::error_code& ec) {
        const boost::asio::mutable_buffer first = *boost::asio::buffer_sequence_begin(buffers);
        return read(first.data(), first.size(), ec);
    }
    template <class MutableBuffers>
    std::size_t read_some(const MutableBuffers& buffers) {
        boost::system::error_code ec;
        const auto n = read_some(buffers, ec);
        if (ec) throw boost::system::system_error(ec);
        return n;
    }
    void write_all(std::string_view bytes, boost::system::error_code& ec);

private:
    std::size_t read(void* to, std::size_t size, boost::system::error_code& ec);
    bool wait_for(short events, boost::system::error_code& ec) const;

    patience patience_;
    descriptor fd_;
    clock::time_point deadline_{};
};

}  // namespace pipebench

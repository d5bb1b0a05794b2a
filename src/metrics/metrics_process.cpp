#include "metrics/metrics_process.hpp"

#include "contracts/error.hpp"
#include "metrics/families.hpp"
#include "metrics/family_list.hpp"
#include "metrics/http_endpoint.hpp"
#include "metrics/live_session.hpp"
#include "metrics/status.hpp"
#include "system/descriptor.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <sys/socket.h>

#include <csignal>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

namespace pipebench {
namespace {

/// The descriptor that came with a message; not open if there is none.
descriptor descriptor_in(msghdr& head) {
    for (auto* part = CMSG_FIRSTHDR(&head); part != nullptr; part = CMSG_NXTHDR(&head, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(part), sizeof fd);
        return descriptor(fd);
    }
    return {};
}

/// Passes the messages of the session on.
class live_channel {
public:
    live_channel(executor where, int fd, live_session& into, std::function<void()> closed)
        : channel_(where, fd), into_(into), closed_(std::move(closed)) {
        wait();
    }

private:
    void wait() {
        channel_.async_wait(asio::posix::descriptor_base::wait_read, [this](const boost::system::error_code& ec) {
            if (!ec && receive()) wait();
            else closed_();
        });
    }

    /// False at the end.
    bool receive() {
        iovec where{text_.data(), text_.size()};
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
        msghdr head{};
        head.msg_iov = &where;
        head.msg_iovlen = 1;
        head.msg_control = control;
        head.msg_controllen = sizeof control;
        const auto size = ::recvmsg(channel_.native_handle(), &head, MSG_CMSG_CLOEXEC);
        if (size <= 0 || (head.msg_flags & MSG_TRUNC) != 0) return false;
        auto fd = descriptor_in(head);
        auto record = fd.is_open() ? std::make_unique<recorder>(recorder::attach(fd.release())) : nullptr;
        into_.take(parse_live_message({text_.data(), static_cast<std::size_t>(size)}), std::move(record));
        return true;
    }

    asio::posix::basic_stream_descriptor<executor> channel_;
    live_session& into_;
    std::function<void()> closed_;
    std::string text_ = std::string(longest_live_message, '\0');
};

}  // namespace

void serve_metrics() {
    std::signal(SIGPIPE, SIG_IGN);
    asio::io_context loop(1);
    live_session session;
    http_endpoint endpoint(loop.get_executor(), descriptor(listener_descriptor),
                           {{"/metrics", {metrics_content_type, [&] { return metrics_of(session); }}},
                            {"/status", {"application/json", [&] { return status_of(session); }}},
                            healthz_page()});
    const live_channel channel(loop.get_executor(), live_descriptor, session, [&] { endpoint.stop(); });
    loop.run();
}

}  // namespace pipebench

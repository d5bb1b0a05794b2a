#include "metrics/live_feed.hpp"

#include "contracts/error.hpp"
#include "metrics/metrics_process.hpp"
#include "system/environment.hpp"

#include <fmt/format.h>

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace pipebench {

struct live_feed::started {
    listen_address where;
    descriptor channel;
    child_process process;
};

live_feed::started live_feed::start(listen_address where, const std::string& binary) {
    const auto listener = listen_at(where);
    auto [ours, theirs] = make_channel("the metrics process");
    child_settings settings;
    settings.arguments = {binary, "_metrics"};
    settings.environment = own_environment();
    settings.descriptors = {{live_descriptor, theirs.get()}, {listener_descriptor, listener.get()}};
    auto process = child_process::spawn(settings);
    return {std::move(where), std::move(ours), std::move(process)};
}

live_feed::live_feed(listen_address where, const std::string& binary, const session_opening& session, say warning)
    : live_feed(start(std::move(where), binary), std::move(warning)) {
    tell(session);
}

live_feed::live_feed(started s, say warning)
    : where_(std::move(s.where)),
      channel_(std::move(s.channel)),
      process_(std::move(s.process)),
      warning_(std::move(warning)) {}

void live_feed::tell(live_message m) {
    if (auto* seen = std::get_if<run_glance>(&m); seen != nullptr && seen->workers.size() > most_workers_told)
        seen->workers.resize(most_workers_told);
    send(to_text(m), -1);
}

void live_feed::begin_run(const run_opening& what, const recorder& record) {
    send(to_text(what), record.descriptor());
}

/// With a descriptor, if there is one.
void live_feed::send(const std::string& text, int fd) {
    if (!channel_.is_open()) return;
    iovec what{const_cast<char*>(text.data()), text.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)]{};
    msghdr head{};
    head.msg_iov = &what;
    head.msg_iovlen = 1;
    if (fd >= 0) {
        head.msg_control = control;
        head.msg_controllen = sizeof control;
        auto* part = CMSG_FIRSTHDR(&head);
        part->cmsg_level = SOL_SOCKET;
        part->cmsg_type = SCM_RIGHTS;
        part->cmsg_len = CMSG_LEN(sizeof fd);
        std::memcpy(CMSG_DATA(part), &fd, sizeof fd);
    }
    if (::sendmsg(channel_.get(), &head, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) return;
    const int error = errno;
    const auto end = process_.wait_for(std::chrono::milliseconds(0));
    if (end) give_up(end->describe());
    else give_up(error == EAGAIN ? "it does not take what it is told" : std::strerror(error));
}

void live_feed::give_up(const std::string& why) {
    channel_.reset();
    process_.signal(SIGKILL);
    warning_(
        fmt::format("warning: the metrics process at {} is gone ({}); the session goes on without it", url(), why));
}

}  // namespace pipebench

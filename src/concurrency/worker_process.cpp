#include "concurrency/worker_process.hpp"

#include "contracts/error.hpp"
#include "contracts/trouble_board.hpp"
#include "system/child_process.hpp"
#include "system/patience.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <tuple>

namespace pipebench {
namespace {

/// Runs in the new process, which dies with its parent, keeps only its channel open, and never returns to the caller.
[[noreturn]] void run_worker(const worker_fleet::body& work, int channel, std::size_t number, pid_t parent,
                             const shared_words& last_words) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    // These include the channels of its siblings: an open copy here would hide their end from the parent.
    if (channel > 3) ::syscall(SYS_close_range, 3, channel - 1, 0);
    ::syscall(SYS_close_range, channel + 1, ~0u, 0);
    message_channel end{descriptor(channel)};  // stays open until the process exits with its status
    int code = 0;
    try {
        work(end, number);
    } catch (const std::exception& e) {
        const auto line = fmt::format("worker {}: {}\n", ::getpid(), one_line(e.what()));
        last_words.keep(std::string_view(line).substr(0, line.size() - 1));
        [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
        code = 1;
    }
    ::_exit(code);
}

std::chrono::milliseconds pause_after(unsigned young_deaths) {
    if (young_deaths < 2) return std::chrono::milliseconds(0);
    const unsigned doublings = std::min(young_deaths - 2, 16u);
    return std::min(worker_fleet::first_pause * (1 << doublings), worker_fleet::longest_pause);
}

std::string describe_end(pid_t pid, int status) {
    child_end end;
    end.status = status;
    return fmt::format("worker {} {}{}", pid, WIFSIGNALED(status) ? "was " : "", end.describe());
}

}  // namespace

bool message_channel::send_bytes(std::span<const std::byte> message) const {
    ssize_t sent = 0;
    do sent = ::send(fd_.get(), message.data(), message.size(), MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == static_cast<ssize_t>(message.size());
}

bool message_channel::receive_bytes(std::span<std::byte> message) const {
    std::array<std::byte, max_message> buffer{};
    ssize_t received = 0;
    // MSG_TRUNC: the length that was sent, also of a message that is longer than the buffer.
    do received = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_TRUNC);
    while (received < 0 && errno == EINTR);
    if (received != static_cast<ssize_t>(message.size())) return false;
    std::memcpy(message.data(), buffer.data(), message.size());
    return true;
}

worker_fleet::worker_fleet(std::size_t workers, body work, std::chrono::milliseconds patience, const process_log* log)
    : work_(std::move(work)),
      patience_(patience),
      log_(log),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      workers_(workers) {
    if (!epoll_.is_open()) throw system_failure("cannot watch worker processes", errno);
    try {
        for (std::size_t w = 0; w < workers; ++w) start(w);
    } catch (...) {
        stop();
        throw;
    }
}

worker_fleet::~worker_fleet() { stop(); }

void worker_fleet::start(std::size_t worker) {
    auto [ours, theirs] = make_channel("a worker process");
    const pid_t parent = ::getpid();
    std::fflush(nullptr);  // otherwise the worker would also print the output buffered here
    const pid_t pid = ::fork();
    if (pid < 0) throw start_failure("a worker process", errno);
    if (pid == 0) run_worker(work_, theirs.get(), worker, parent, last_words_);
    epoll_event watch{};
    watch.events = EPOLLIN;
    watch.data.u64 = worker;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, ours.get(), &watch);
    workers_[worker].pid = pid;
    workers_[worker].started = clock::now();
    workers_[worker].channel = message_channel(std::move(ours));
}

std::span<const std::size_t> worker_fleet::wait(std::chrono::nanoseconds limit) {
    if (empty_places_ > 0) limit = std::min<std::chrono::nanoseconds>(limit, time_to_replacement());
    const auto whole = std::chrono::floor<std::chrono::milliseconds>(limit);
    // epoll_wait() counts in milliseconds.
    if (whole != limit) std::ignore = patience{}.wait(epoll_.get(), POLLIN, clock::now() + limit);
    std::array<epoll_event, 64> events{};
    const int n = ::epoll_wait(epoll_.get(), events.data(), events.size(),
                               whole == limit ? static_cast<int>(whole.count()) : 0);
    ready_.clear();
    // A copy of each number: the event is packed, and a reference into it would not be aligned.
    for (int i = 0; i < n; ++i) ready_.push_back(std::size_t{events[static_cast<std::size_t>(i)].data.u64});
    return ready_;
}

std::chrono::milliseconds worker_fleet::time_to_replacement() const {
    auto due = clock::time_point::max();
    for (const member& m : workers_)
        if (m.pid == 0) due = std::min(due, m.replace_at);
    const auto now = clock::now();
    return std::chrono::ceil<std::chrono::milliseconds>(std::max(due, now) - now);
}

std::string worker_fleet::reap(std::size_t worker) {
    member& m = workers_.at(worker);
    // Closing is not enough: it stays in the epoll set while a sibling that was just forked holds a copy.
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, m.channel.native(), nullptr);
    m.channel.close();
    int status = 0;
    ::kill(m.pid, SIGKILL);  // its channel is closed, so it cannot report any more
    ::waitpid(m.pid, &status, 0);
    const auto now = clock::now();
    m.young_deaths = now - m.started < young ? m.young_deaths + 1 : 0;
    m.replace_at = now + pause_after(m.young_deaths);
    ++empty_places_;
    if (log_ != nullptr) log_->died(m.pid, status);
    last_end_ = describe_end(std::exchange(m.pid, 0), status);
    return last_end_;
}

std::vector<std::size_t> worker_fleet::start_replacements() {
    std::vector<std::size_t> out;
    if (empty_places_ == 0) return out;
    const auto now = clock::now();
    for (std::size_t w = 0; w < workers_.size(); ++w) {
        if (workers_[w].pid != 0 || workers_[w].replace_at > now) continue;
        if (++replacements_ > replacements_per_worker * workers_.size())
            throw setup_error(fmt::format("worker processes keep dying: {} replaced, no more; {}", replacements_ - 1,
                                          last_words_.text().empty() ? last_end_ : last_words_.text()));
        start(w);
        if (log_ != nullptr) log_->replaced_by(workers_[w].pid);
        --empty_places_;
        out.push_back(w);
    }
    return out;
}

void worker_fleet::replace_dead(const std::function<void(const std::string&)>& tell) {
    for (const std::size_t worker : wait(std::chrono::milliseconds(0))) tell(reap(worker));
    static_cast<void>(start_replacements());
}

std::size_t worker_fleet::stop() noexcept {
    std::size_t killed = 0;
    for (member& m : workers_) m.channel.close();
    const auto deadline = std::chrono::steady_clock::now() + patience_;
    for (member& m : workers_) {
        if (m.pid == 0) continue;
        bool was_killed = false;
        const descriptor ended(static_cast<int>(::syscall(SYS_pidfd_open, m.pid, 0)));
        while (::waitpid(m.pid, nullptr, WNOHANG) == 0) {
            const auto now = std::chrono::steady_clock::now();
            if (now >= deadline && ::kill(m.pid, SIGKILL) == 0 && !std::exchange(was_killed, true)) ++killed;
            wait_for_end(ended.get(), std::chrono::ceil<std::chrono::milliseconds>(
                                          std::max(deadline - now, std::chrono::steady_clock::duration{1})));
        }
        m.pid = 0;
    }
    return killed;
}

}  // namespace pipebench

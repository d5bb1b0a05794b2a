#include "system/signal_watch.hpp"

#include "contracts/error.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

namespace pipebench {

namespace {

bool is_ignored(int signal) {
    struct sigaction now {};
    return ::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

}  // namespace

signal_watch::signal_watch() {
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGTERM);
    if (!is_ignored(SIGHUP)) sigaddset(&wanted, SIGHUP);
    ::sigprocmask(SIG_BLOCK, &wanted, &before_);
    ::signal(SIGPIPE, SIG_IGN);
    signals_ = descriptor(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals_.is_open()) throw system_failure("cannot watch signals", errno);
}

signal_watch::~signal_watch() {
    poll();  // a pending signal would be delivered by the next line
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

void signal_watch::poll() noexcept {
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
        if (first_ == 0) {
            first_ = static_cast<int>(info.ssi_signo);
            first_at_ = std::chrono::steady_clock::now();
        }
        terminated_ = terminated_ || info.ssi_signo != SIGINT;
        ++count_;
    }
}

}  // namespace pipebench

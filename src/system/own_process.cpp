#include "system/own_process.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

namespace pipebench {
namespace {

constexpr std::array of_a_terminal{SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU};

void open_standard_descriptors() {
    for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (::fcntl(number, F_GETFD) < 0 && errno == EBADF) [[maybe_unused]]
            const int opened = ::open("/dev/null", O_RDONLY);  // the lowest number that is free
}

void reset_ignored_signals() {
    for (int number = 1; number < NSIG; ++number) {
        if (std::find(of_a_terminal.begin(), of_a_terminal.end(), number) != of_a_terminal.end()) continue;
        struct sigaction now {};
        if (::sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_IGN) ::signal(number, SIG_DFL);
    }
    ::signal(SIGPIPE, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace

void prepare_own_process() noexcept {
    open_standard_descriptors();
    reset_ignored_signals();
    ::umask(::umask(0077) & 0077);
}

}  // namespace pipebench

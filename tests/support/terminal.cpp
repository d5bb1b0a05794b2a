#include "support/terminal.hpp"

#include "contracts/error.hpp"

#include <fcntl.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <stdexcept>

namespace pipebench::test {
namespace {

winsize window_of(terminal_size s) { return {s.rows, s.columns, 0, 0}; }

std::vector<char*> pointers_to(std::vector<std::string>& words) {
    std::vector<char*> out;
    for (auto& w : words) out.push_back(w.data());
    out.push_back(nullptr);
    return out;
}

}  // namespace

terminal_command::terminal_command(const command& c, terminal_size s) {
    auto run = c;
    run.environment.insert({{"TERM", "xterm"}, {"LC_ALL", "C.UTF-8"}});
    auto environment = environment_of(run);
    const auto argv = pointers_to(run.arguments), envp = pointers_to(environment);
    auto window = window_of(s);
    int fd = -1;
    pid_ = ::forkpty(&fd, nullptr, nullptr, &window);
    if (pid_ < 0) throw system_failure("cannot make a terminal", errno);
    if (pid_ == 0) {
        ::execve(argv[0], argv.data(), envp.data());
        ::_exit(127);
    }
    ours_ = descriptor(fd);
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
}

terminal_command::~terminal_command() {
    if (reaped_) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

const std::string& terminal_command::seen() {
    read_into(seen_, ours_.get());
    return seen_;
}

bool terminal_command::shows(const std::string& text) {
    return comes_true([&] { return contains(seen(), text); });
}

void terminal_command::press(const std::string& keys) const {
    if (::write(ours_.get(), keys.data(), keys.size()) != static_cast<ssize_t>(keys.size()))
        throw system_failure("cannot press a key", errno);
}

void terminal_command::resize(terminal_size s) const {
    const auto window = window_of(s);
    ::ioctl(ours_.get(), TIOCSWINSZ, &window);
}

bool terminal_command::is_as_usual() const {
    termios now{};
    return ::tcgetattr(ours_.get(), &now) == 0 && (now.c_lflag & ICANON) != 0 && (now.c_lflag & ECHO) != 0;
}

int terminal_command::wait(std::chrono::milliseconds limit) {
    int status = 0;
    const bool ended = comes_true(
        [&] {
            static_cast<void>(seen());  // a full terminal would hold it up
            return ::waitpid(pid_, &status, WNOHANG) == pid_;
        },
        limit);
    if (!ended) throw std::runtime_error("the command has not ended in time; it wrote: " + seen_);
    reaped_ = true;
    static_cast<void>(seen());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace pipebench::test

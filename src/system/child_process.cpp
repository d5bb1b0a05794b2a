#include "system/child_process.hpp"

#include "contracts/error.hpp"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace pipebench {
namespace {

constexpr std::chrono::milliseconds look_again{2};  ///< if the kernel, or a tool such as valgrind, has no pidfd

std::vector<char*> as_argv(const std::vector<std::string>& words) {
    std::vector<char*> out;
    for (const auto& w : words) out.push_back(const_cast<char*>(w.c_str()));
    out.push_back(nullptr);
    return out;
}

// Between fork and exec only safe operations: plain system calls on memory allocated before.
class exec_image {
public:
    exec_image(const child_settings& s, int failure_pipe)
        : settings_(s),
          argv_(as_argv(s.arguments)),
          envp_(as_argv(s.environment)),
          failure_pipe_(failure_pipe),
          parent_(::getpid()) {}

    [[noreturn]] void run() {
        if (settings_.own_session) ::setsid();
        reset_signals(settings_.own_session);
        constexpr rlimit no_core{0, 0};  // its memory may hold passwords
        ::setrlimit(RLIMIT_CORE, &no_core);
        if (settings_.user) drop_privileges(*settings_.user);
        // After the change of user, which clears it; the parent may have ended before it took effect.
        ::prctl(PR_SET_PDEATHSIG, settings_.death_signal);
        if (::getppid() != parent_) ::_exit(127);
        if (!settings_.directory.empty() && ::chdir(settings_.directory.c_str()) != 0) fail();
        place_descriptors();
        ::execve(argv_[0], argv_.data(), envp_.data());
        fail();
    }

private:
    /// A program on our terminal keeps the signals that are ignored there (nohup, a background job).
    static void reset_signals(bool own_session) {
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        ::signal(SIGPIPE, SIG_DFL);
        for (int number = 1; own_session && number < NSIG; ++number) ::signal(number, SIG_DFL);
    }

    void drop_privileges(const user_identity& u) {
        if (::setgroups(0, nullptr) != 0 || ::setgid(u.gid) != 0 || ::setuid(u.uid) != 0) fail();
        ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    }

    // Moves our descriptors first: a target number may be in use by another of them.
    void place_descriptors() {
        constexpr int out_of_the_way = 64;
        int highest = STDERR_FILENO;
        std::array<int, out_of_the_way> from{};
        from.fill(-1);
        for (const auto& [number, ours] : settings_.descriptors) {
            from.at(static_cast<std::size_t>(number)) = ::fcntl(ours, F_DUPFD, out_of_the_way);
            highest = std::max(highest, number);
        }
        failure_pipe_ = ::fcntl(failure_pipe_, F_DUPFD_CLOEXEC, out_of_the_way);
        if (from[0] < 0) from[0] = ::open("/dev/null", O_RDONLY);
        for (int number = 0; number <= highest; ++number) {
            const int source = from.at(static_cast<std::size_t>(number));
            if (source >= 0) ::dup2(source, number);
            else if (number > STDERR_FILENO) ::close(number);
        }
        close_all_but_failure_pipe(highest + 1);
    }

    void close_all_but_failure_pipe(int first) const {
        const auto pipe = static_cast<unsigned>(failure_pipe_);
        if (static_cast<unsigned>(first) < pipe) ::syscall(SYS_close_range, first, pipe - 1, 0);
        ::syscall(SYS_close_range, pipe + 1, ~0u, 0);
    }

    [[noreturn]] void fail() const {
        const int number = errno;
        [[maybe_unused]] const auto written = ::write(failure_pipe_, &number, sizeof number);
        ::_exit(127);
    }

    const child_settings& settings_;
    std::vector<char*> argv_, envp_;
    int failure_pipe_;
    pid_t parent_;
};

}  // namespace

void wait_for_end(int pid_descriptor, std::chrono::milliseconds limit) {
    pollfd ended{pid_descriptor, POLLIN, 0};
    ::poll(
        &ended, 1,
        static_cast<int>(std::min<std::int64_t>(pid_descriptor >= 0 ? INT_MAX : look_again.count(), limit.count())));
}

bool child_end::exited_with(int code) const { return WIFEXITED(status) && WEXITSTATUS(status) == code; }

std::string child_end::describe() const {
    if (WIFEXITED(status)) return fmt::format("exited with {}", WEXITSTATUS(status));
    return fmt::format("killed by signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
}

int child_end::code_of_shell() const { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

child_process::child_process(pid_t pid, descriptor pid_descriptor)
    : pid_(pid), pid_descriptor_(std::move(pid_descriptor)) {}

child_process child_process::spawn(const child_settings& settings) {
    auto failure = make_pipe();
    exec_image image(settings, failure.write_end.get());
    const pid_t pid = ::fork();
    if (pid < 0) throw start_failure("a process", errno);
    if (pid == 0) image.run();
    failure.write_end.reset();
    child_process child(pid, descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))));
    int number = 0;  // the pipe is closed by a successful exec, and brings an errno otherwise
    if (::read(failure.read_end.get(), &number, sizeof number) == sizeof number)
        throw system_failure(fmt::format("cannot start {}", settings.arguments.at(0)), number);
    return child;
}

child_process::child_process(child_process&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      pid_descriptor_(std::move(other.pid_descriptor_)),
      end_(std::move(other.end_)) {}

child_process::~child_process() {
    if (end_ || pid_ == 0) return;  // reaped, or moved from
    signal(SIGKILL);
    wait_for(std::chrono::milliseconds::max());
}

void child_process::signal(int number) noexcept {
    if (!end_ && pid_ > 0) ::kill(pid_, number);  // not reaped yet, so its number cannot be reused
}

std::optional<child_end> child_process::wait_for(std::chrono::milliseconds limit, const patience& until) {
    const auto longest = std::chrono::hours(24 * 365);
    const auto deadline = patience::clock::now() + std::min<std::chrono::milliseconds>(limit, longest);
    auto waited = wait_end::ready;
    while (!end_) {
        child_end end;
        const pid_t reaped = ::wait4(pid_, &end.status, WNOHANG, &end.usage);
        if (reaped == pid_) end_ = end;
        if (reaped != 0 && !(reaped < 0 && errno == EINTR)) break;
        if (waited == wait_end::interrupted || patience::clock::now() >= deadline) break;
        // Without a pidfd nothing wakes us at its end: look again soon.
        const auto next =
            pid_descriptor_.is_open() ? deadline : std::min(deadline, patience::clock::now() + look_again);
        waited = until.wait(pid_descriptor_.get(), POLLIN, next);
    }
    return end_;
}

child_end child_process::stop(int polite, std::chrono::milliseconds limit, const patience& until) {
    for (const int number : {polite, SIGQUIT}) {
        signal(number);
        if (const auto end = wait_for(limit, until)) return *end;
    }
    signal(SIGKILL);
    return wait_for(std::chrono::milliseconds::max()).value();
}

}  // namespace pipebench

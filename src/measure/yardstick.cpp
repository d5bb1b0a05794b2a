#include "measure/yardstick.hpp"

#include "contracts/error.hpp"
#include "services/postgres_client.hpp"
#include "system/cpu_time.hpp"
#include "system/descriptor.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

namespace pipebench {
namespace {

constexpr double not_known = std::numeric_limits<double>::quiet_NaN();

constexpr unsigned loop_steps = 4'000'000;
constexpr unsigned calls = 10'000;
constexpr unsigned copies = 16;
constexpr std::size_t copied_bytes = 4u << 20;
constexpr unsigned messages = 500;
constexpr std::size_t message_bytes = 512;
constexpr unsigned statements_wanted = 200;
constexpr std::chrono::milliseconds statements_limit{50};
constexpr timeval message_limit{1, 0};
constexpr postgres_limits statement_limits{.connect = std::chrono::seconds(1), .answer = std::chrono::seconds(1)};

double microseconds(clockid_t clock) { return std::chrono::duration<double, std::micro>(time_of(clock)).count(); }

yardstick_piece not_measured(std::string name) { return {std::move(name), not_known, not_known}; }

/// The CPU time of this process and the time that passes.
class piece_timer {
public:
    explicit piece_timer(std::string name) : name_(std::move(name)) {}

    /// `other_cpu_us`: of other processes.
    [[nodiscard]] yardstick_piece per(unsigned units, double other_cpu_us = 0) const {
        const double elapsed = microseconds(CLOCK_MONOTONIC) - start_;
        const double cpu = microseconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_ + other_cpu_us;
        return {name_, cpu / units, elapsed / units};
    }

private:
    std::string name_;
    double start_ = microseconds(CLOCK_MONOTONIC), cpu_ = microseconds(CLOCK_PROCESS_CPUTIME_ID);
};

yardstick_piece loop() {
    volatile std::uint64_t kept = 88172645463325252;  // otherwise a compiler may leave the work out
    std::uint64_t x = kept;
    const piece_timer timer("loop");
    for (unsigned i = 0; i < loop_steps; ++i) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
    }
    kept = x;
    return timer.per(1);
}

yardstick_piece system_calls() {
    const descriptor zero(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
    char byte = 0;
    const piece_timer timer("calls");
    for (unsigned i = 0; i < calls; ++i)
        if (::read(zero.get(), &byte, 1) != 1) return not_measured("calls");
    return timer.per(calls);
}

// --- messages ---

using message = std::array<std::byte, message_bytes>;

bool send_all(int to, const message& m) {
    return ::send(to, m.data(), m.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(m.size());
}
bool receive_all(int from, message& m) {
    return ::recv(from, m.data(), m.size(), MSG_WAITALL) == static_cast<ssize_t>(m.size());
}

struct connected_pair {
    descriptor ours, theirs;
};

/// Over loopback TCP, without Nagle's algorithm; nullopt if there is no such network.
std::optional<connected_pair> connect_pair() {
    const descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    connected_pair out{descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), {}};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    if (::bind(listener.get(), any, size) != 0 || ::listen(listener.get(), 1) != 0 ||
        ::getsockname(listener.get(), any, &size) != 0 || ::connect(out.ours.get(), any, size) != 0)
        return std::nullopt;
    out.theirs = descriptor(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const int on = 1;
    for (const auto* end : {&out.ours, &out.theirs}) {
        if (::setsockopt(end->get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) return std::nullopt;
        for (const int direction : {SO_RCVTIMEO, SO_SNDTIMEO})
            ::setsockopt(end->get(), SOL_SOCKET, direction, &message_limit, sizeof message_limit);
    }
    return out;
}

/// Keeps this thread, and processes that it starts, on the core where it is now.
class kept_on_one_core {
public:
    kept_on_one_core() {
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(static_cast<unsigned>(std::max(::sched_getcpu(), 0)), &one);
        kept_ =
            ::sched_getaffinity(0, sizeof before_, &before_) == 0 && ::sched_setaffinity(0, sizeof one, &one) == 0;
    }
    kept_on_one_core(const kept_on_one_core&) = delete;
    kept_on_one_core& operator=(const kept_on_one_core&) = delete;
    ~kept_on_one_core() {
        if (kept_) ::sched_setaffinity(0, sizeof before_, &before_);
    }
    [[nodiscard]] bool holds() const noexcept { return kept_; }

private:
    cpu_set_t before_{};
    bool kept_ = false;
};

/// The other process: answers each message with the CPU time that it has used.
[[noreturn]] void echo(int channel, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(0);
    message m{};
    while (receive_all(channel, m)) {
        const double used = microseconds(CLOCK_PROCESS_CPUTIME_ID);
        std::memcpy(m.data(), &used, sizeof used);
        if (!send_all(channel, m)) break;
    }
    ::_exit(0);
}

class echo_process {
public:
    explicit echo_process(int channel) {
        const pid_t parent = ::getpid();
        pid_ = ::fork();
        if (pid_ == 0) echo(channel, parent);
    }
    echo_process(const echo_process&) = delete;
    echo_process& operator=(const echo_process&) = delete;
    ~echo_process() {
        if (pid_ < 0) return;
        ::kill(pid_, SIGKILL);
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }

private:
    pid_t pid_;
};

/// The CPU time of the other process when it answered; NaN if it did not.
double round_trip(int channel) {
    message m{};
    if (!send_all(channel, m) || !receive_all(channel, m)) return not_known;
    double used = 0;
    std::memcpy(&used, m.data(), sizeof used);
    return used;
}

yardstick_piece round_trips() {
    auto pair = connect_pair();
    const kept_on_one_core core;
    if (!pair || !core.holds()) return not_measured("messages");
    const echo_process other(pair->theirs.get());
    pair->theirs.reset();
    const double before = round_trip(pair->ours.get());  // it has started
    const piece_timer timer("messages");
    double used = before;
    for (unsigned i = 0; i < messages && used >= before; ++i) used = round_trip(pair->ours.get());
    return used >= before ? timer.per(messages, used - before) : not_measured("messages");
}

}  // namespace

unshared_memory::unshared_memory(std::size_t bytes) : bytes_(bytes) {
    void* const start = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) throw system_failure("cannot get memory for the yardstick", errno);
    ::madvise(start, bytes, MADV_DONTFORK);
    start_ = static_cast<std::byte*>(start);
    std::memset(start_, 1, bytes);
}

unshared_memory::~unshared_memory() { ::munmap(start_, bytes_); }

yardstick::yardstick(std::string postgres, const patience& until)
    : postgres_(std::move(postgres)), until_(until), copied_(2 * copied_bytes) {}

yardstick_view yardstick::measure() const {
    return {yardstick_version, {loop(), system_calls(), memory(), round_trips(), statements()}};
}

yardstick_piece yardstick::memory() const {
    const piece_timer timer("memory");
    // To and fro, so that no copy can be left out.
    for (unsigned i = 0; i < copies; i += 2) {
        std::memcpy(copied_.at(copied_bytes), copied_.at(0), copied_bytes);
        std::memcpy(copied_.at(0), copied_.at(copied_bytes), copied_bytes);
    }
    return timer.per(copies);
}

/// Its CPU time is without the server's.
yardstick_piece yardstick::statements() const {
    try {
        postgres_client server(postgres_, until_, statement_limits);
        const auto ask = [&] { static_cast<void>(server.ask("SELECT 1")); };
        ask();  // connects
        const piece_timer timer("statements");
        const auto end = std::chrono::steady_clock::now() + statements_limit;
        unsigned asked = 0;
        while (asked == 0 || (asked < statements_wanted && std::chrono::steady_clock::now() < end)) {
            ask();
            ++asked;
        }
        return timer.per(asked);
    } catch (const interrupted&) {
        throw;
    } catch (const setup_error&) {
        return not_measured("statements");
    }
}

}  // namespace pipebench

#include "concurrency/section_sampler.hpp"

#include "contracts/error.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>

namespace pipebench {
namespace {

run_marks* sampled = nullptr;  ///< set before there is a second thread

// Two relaxed operations on memory that was mapped before: safe in a signal handler.
void count_sample(int) { sampled->count_sample(section_at_work()); }

/// The timer of one thread. A forked process copies this object, but inherits no timer.
class section_timer {
public:
    section_timer() = default;
    section_timer(const section_timer&) = delete;
    section_timer& operator=(const section_timer&) = delete;
    ~section_timer() {
        if (is_mine()) ::timer_delete(timer_);
    }

    void start() {
        if (is_mine()) return;
        sigevent event{};
        event.sigev_notify = SIGEV_THREAD_ID;
        event.sigev_signo = SIGPROF;
        event._sigev_un._tid = thread_now();  // glibc before 2.39 has no name for it: timer_create(2)
        if (::timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &timer_) != 0)
            throw system_failure("--profile-stages: cannot make a timer", errno);
        thread_ = thread_now();
        constexpr timespec interval{0, std::chrono::nanoseconds(section_sampling_interval).count()};
        const itimerspec each{interval, interval};
        ::timer_settime(timer_, 0, &each, nullptr);
    }

private:
    static pid_t thread_now() { return static_cast<pid_t>(::syscall(SYS_gettid)); }
    [[nodiscard]] bool is_mine() const { return thread_ == thread_now(); }

    timer_t timer_{};
    pid_t thread_ = 0;
};

}  // namespace

section_sampling::section_sampling(run_marks& marks) noexcept {
    sampled = &marks;
    struct sigaction action {};
    action.sa_handler = count_sample;
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGPROF, &action, nullptr);
}

section_sampling::~section_sampling() {
    ::signal(SIGPROF, SIG_IGN);  // this thread's own timer still runs
    sampled = nullptr;
}

bool sections_are_sampled() noexcept { return sampled != nullptr; }

void sample_this_thread() {
    if (!sections_are_sampled()) return;
    static thread_local section_timer timer;
    timer.start();
}

}  // namespace pipebench

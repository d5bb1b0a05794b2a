// Keeps signals away from threads: whoever starts them handles those.
#pragma once

#include <signal.h>

namespace pipebench {

/// While it lives, blocks all signals of this thread, and so of the threads that it starts.
class without_signals {
public:
    without_signals() noexcept {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~without_signals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    without_signals(const without_signals&) = delete;
    without_signals& operator=(const without_signals&) = delete;

private:
    sigset_t before_;
};

}  // namespace pipebench

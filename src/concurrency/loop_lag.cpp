#include "concurrency/loop_lag.hpp"

namespace pipebench {
namespace {

run_marks* measured = nullptr;  ///< set before there is a second thread

}  // namespace

loop_lag_watch::loop_lag_watch(run_marks& marks) noexcept { measured = &marks; }
loop_lag_watch::~loop_lag_watch() { measured = nullptr; }

lag_timer::lag_timer(executor ex) : timer_(ex) {
    if (measured == nullptr) return;
    next_ = clock::now() + interval;
    wait();
}

void lag_timer::stop() noexcept {
    stopped_ = true;
    timer_.cancel();
}

void lag_timer::wait() {
    timer_.expires_at(next_);
    timer_.async_wait([this](const boost::system::error_code&) { tick(); });
}

void lag_timer::tick() {
    if (stopped_) return;
    for (const auto now = clock::now(); next_ <= now; next_ += interval) measured->count_loop_lag(now - next_);
    wait();
}

}  // namespace pipebench

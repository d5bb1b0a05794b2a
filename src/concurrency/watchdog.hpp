// A deadline for the operations of a connection, cheap enough for every exchange: the timer keeps running after an
// exchange has ended in time, and checks the current deadline when it fires.
#pragma once

#include "pipebench/async.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace pipebench {

/// Used only on the thread of its event loop. `on_expiry` is called at most once per set(), on the loop, and never
/// after the destructor. A running timer keeps the loop alive until the destructor cancels it.
class watchdog {
public:
    using clock = std::chrono::steady_clock;

    watchdog(executor ex, std::function<void()> on_expiry)
        : state_(std::make_shared<state>(ex, std::move(on_expiry))) {}
    watchdog(const watchdog&) = delete;
    watchdog& operator=(const watchdog&) = delete;
    ~watchdog() {
        state_->on_expiry = nullptr;
        state_->alarm.cancel();
    }

    void set(clock::time_point deadline) {
        state_->deadline = deadline;
        if (state_->armed && state_->alarm.expiry() <= deadline) return;
        arm(state_, deadline);
    }
    void clear() noexcept { state_->deadline.reset(); }

private:
    struct state {
        state(executor ex, std::function<void()> f) : alarm(ex), on_expiry(std::move(f)) {}
        timer alarm;
        std::function<void()> on_expiry;
        std::optional<clock::time_point> deadline;
        bool armed = false;
    };

    static void arm(const std::shared_ptr<state>& s, clock::time_point when) {
        s->alarm.expires_at(when);
        s->armed = true;
        s->alarm.async_wait([s](boost::system::error_code ec) {
            if (ec || !s->on_expiry) return;
            s->armed = false;
            if (!s->deadline) return;
            if (clock::now() < *s->deadline) return arm(s, *s->deadline);
            s->deadline.reset();
            s->on_expiry();
        });
    }

    std::shared_ptr<state> state_;
};

}  // namespace pipebench

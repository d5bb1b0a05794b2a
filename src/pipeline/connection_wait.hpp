// How long orders wait for one connection to the database. Shared by both kinds of stores; it reads no clock.
#pragma once

#include "contracts/run_findings.hpp"

#include <chrono>
#include <utility>

namespace pipebench {

/// For one connection, and one thread at a time.
class connection_wait {
public:
    using time_point = std::chrono::steady_clock::time_point;

    explicit connection_wait(run_findings findings) noexcept : findings_(findings) {}

    /// An order needs the connection, which is not open. No effect while another one waits for it.
    void begin(time_point now) noexcept {
        if (is_waited_for_) return;
        if (now - missed_at_ > longest_pause) since_ = now;
        is_waited_for_ = true;
    }
    /// It could not be opened. The wait goes on if an order tries again soon.
    void miss(time_point now) noexcept {
        if (!std::exchange(is_waited_for_, false)) return;
        findings_.count_connection_wait(now - since_);
        missed_at_ = now;
    }
    /// It is open and answers.
    void end(time_point now) noexcept {
        if (std::exchange(is_waited_for_, false)) findings_.count_connection_wait(now - since_);
        missed_at_ = {};
    }

private:
    static constexpr std::chrono::seconds longest_pause{5};  ///< more than between two attempts of an order

    run_findings findings_;
    bool is_waited_for_ = false;
    time_point since_{}, missed_at_{};
};

}  // namespace pipebench

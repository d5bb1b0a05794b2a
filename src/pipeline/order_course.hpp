// One order's course as a state machine without I/O: it returns the next step, and a driver takes it and reports the
// result. The blocking and the awaitable driver follow the same course, so that five patterns do identical work.
#pragma once

#include "contracts/run_findings.hpp"
#include "contracts/traffic.hpp"
#include "pipebench/outcome.hpp"
#include "pipebench/workload.hpp"
#include "pipeline/http_exchange.hpp"
#include "pipeline/order_parser.hpp"
#include "pipeline/transform_work.hpp"

#include <chrono>
#include <string_view>

namespace pipebench {

class order_course {
public:
    using time_point = std::chrono::steady_clock::time_point;
    enum class step : std::uint8_t { fetch, transform, store, wait, done };

    order_course(const workload& work, traffic shared, order_id id, time_point now, run_findings findings = {});

    [[nodiscard]] order_id id() const noexcept { return id_; }
    [[nodiscard]] step next() const noexcept { return step_; }

    /// For step::fetch and step::store: the deadline of this attempt.
    [[nodiscard]] time_point attempt_deadline(time_point now) const;
    [[nodiscard]] time_point deadline() const noexcept { return deadline_; }
    void fetched(const fetch_result& result, time_point now);

    /// For step::transform, with the body that was fetched: pure CPU work, which may be done on another thread as long
    /// as nobody else uses this object. `scratch` may be reused afterwards.
    void transform_body(std::string_view body, order_scratch& scratch, const transform_work& work);

    /// For step::transform, if it was done elsewhere, or could not be.
    void transformed(order_row row);
    void transform_died();
    void transform_late() { end_late(stage::transform); }

    /// For step::store.
    [[nodiscard]] const order_row& row() const noexcept { return row_; }
    void stored(error_kind kind, time_point now);

    /// For step::wait: how long to wait. Call waited() when the wait is over.
    [[nodiscard]] duration pause() const noexcept { return pause_; }
    void waited(time_point now) { proceed(after_wait_, now); }

    /// For step::done.
    [[nodiscard]] const outcome& result() const noexcept { return result_; }

private:
    /// The action after a wait.
    enum class turn : std::uint8_t { fetch, fetch_again, store, done };

    void begin_store();
    void take_slot(time_point now);
    void failed_try(stage at, error_kind kind, duration retry_after, time_point now);
    void end(stage at, error_kind kind);
    void end_unread(std::string_view body);
    void end_other(order_id came);
    void end_late(stage at);
    void wait(duration pause, turn then, time_point now);
    void proceed(turn what, time_point now);

    const workload& work_;
    traffic traffic_;
    run_findings findings_;
    order_id id_;
    time_point deadline_;
    step step_ = step::fetch;
    turn after_wait_ = turn::done;
    error_kind last_failure_ = error_kind::none;
    unsigned tries_ = 0;  ///< at this stage: attempts, and retries that the budget refused
    duration pause_{};
    order_row row_;
    outcome result_{stage::store, error_kind::none, 0, 0};
};

}  // namespace pipebench

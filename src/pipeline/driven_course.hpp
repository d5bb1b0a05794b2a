// The common part of both drivers of an order's course (order_course.hpp): it reads the clock, tells how long each stage
// took, marks the CPU sections, and reuses memory. A driver only adds its way of waiting.
//
// Each driver keeps a short loop of its own: one template for both would make the blocking driver a coroutine, with a
// frame to allocate for every call that it waits for.
#pragma once

#include "contracts/cpu_section.hpp"
#include "pipeline/order_course.hpp"

#include <string>
#include <utility>

namespace pipebench {

/// One order.
class driven_course {
public:
    using step = order_course::step;
    using time_point = order_course::time_point;

    driven_course(const workload& work, traffic shared, run_findings findings, order_id id)
        : course_(work, shared, id, now(), findings), findings_(findings) {}

    [[nodiscard]] order_id id() const noexcept { return course_.id(); }

    /// Returns the next step, and marks the work of this thread as that step.
    [[nodiscard]] step next() const noexcept {
        work_for(section_of(course_.next()));
        return course_.next();
    }

    /// The fetch or the store that is the next step begins now. Returns the deadline of this attempt.
    [[nodiscard]] time_point begin_attempt() {
        const auto at = now();
        if (in_transform_) end_stage(stage::transform, at);
        in_transform_ = false;
        since_ = at;
        return course_.attempt_deadline(at);
    }
    void fetched(fetch_result result) {
        const auto at = now();
        end_stage(stage::fetch, at);
        course_.fetched(result, at);
        in_transform_ = course_.next() == step::transform;
        body_ = std::move(result.body);
    }
    /// On any thread, while no other one uses this object. All orders of a thread may share `scratch`.
    void transform(order_scratch& scratch, const transform_work& extra) {
        work_for(cpu_section::transform);
        course_.transform_body(body_, scratch, extra);
    }
    /// In place of transform(), if another process has done it, or has died.
    [[nodiscard]] const std::string& body() const noexcept { return body_; }
    void transformed(order_row row) { course_.transformed(std::move(row)); }
    void transform_died() { course_.transform_died(); }
    void transform_late() { course_.transform_late(); }
    [[nodiscard]] time_point deadline() const noexcept { return course_.deadline(); }
    /// After transform(): the body, whose memory can be reused.
    [[nodiscard]] std::string take_body() noexcept { return std::move(body_); }
    [[nodiscard]] const order_row& row() const noexcept { return course_.row(); }
    void stored(error_kind kind) {
        work_for(cpu_section::scheduling);
        const auto at = now();
        end_stage(stage::store, at);
        course_.stored(kind, at);
    }
    [[nodiscard]] duration pause() const noexcept { return course_.pause(); }
    void waited() { course_.waited(now()); }
    [[nodiscard]] const outcome& result() const noexcept { return course_.result(); }

private:
    static time_point now() noexcept { return time_point::clock::now(); }
    /// The next stage may begin there.
    void end_stage(stage ended, time_point at) noexcept {
        findings_.count_stage(ended, at - since_);
        since_ = at;
    }
    static cpu_section section_of(step s) noexcept {
        if (s == step::fetch) return cpu_section::fetch;
        if (s == step::transform) return cpu_section::transform;
        return s == step::store ? cpu_section::store : cpu_section::scheduling;
    }

    order_course course_;
    run_findings findings_;
    time_point since_{};         ///< the begin of this stage's attempt
    bool in_transform_ = false;  ///< the end of the transform is not known before the store begins
    std::string body_;           ///< from fetched() to take_body()
};

}  // namespace pipebench

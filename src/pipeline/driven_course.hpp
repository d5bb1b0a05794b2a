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
        : since_(now()),
          course_(work, shared, id, since_, findings),
          findings_(findings),
          is_traced_(findings.spans().takes(id)) {}

    [[nodiscard]] order_id id() const noexcept { return course_.id(); }

    /// Returns the next step, and marks the work of this thread as that step.
    [[nodiscard]] step next() const noexcept {
        work_for(section_of(course_.next()));
        return course_.next();
    }

    /// The fetch or the store that is the next step begins now. Returns the deadline of this attempt.
    [[nodiscard]] time_point begin_attempt() {
        const auto at = now();
        if (in_transform_) end_stage(stage::transform, at, error_kind::none);
        in_transform_ = false;
        since_ = at;
        return course_.attempt_deadline(at);
    }
    void fetched(fetch_result result) {
        const auto at = now();
        course_.fetched(result, at);
        end_stage(stage::fetch, at, result.kind, result.status);
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
    [[nodiscard]] std::string take_body() noexcept {
        if (is_traced_ && course_.next() == step::done)
            trace_stage(stage::transform, now(), course_.result().kind, 0);  // it has failed: there will be no store
        return std::move(body_);
    }
    [[nodiscard]] const order_row& row() const noexcept { return course_.row(); }
    void stored(error_kind kind) {
        work_for(cpu_section::scheduling);
        const auto at = now();
        course_.stored(kind, at);
        end_stage(stage::store, at, kind);
        is_stored_ = kind == error_kind::none;
    }
    [[nodiscard]] duration pause() const noexcept { return course_.pause(); }
    void waited() {
        const auto at = now();
        if (is_traced_) trace_pause(at);
        since_ = at;
        course_.waited(at);
    }
    [[nodiscard]] const outcome& result() const noexcept { return course_.result(); }

private:
    static time_point now() noexcept { return time_point::clock::now(); }
    /// The next stage may begin there.
    void end_stage(stage ended, time_point at, error_kind kind, std::uint16_t status = 0) noexcept {
        findings_.count_stage(ended, at - since_);
        if (is_traced_) trace_stage(ended, at, kind, status);
        since_ = at;
    }
    void trace_stage(stage ended, time_point at, error_kind kind, std::uint16_t status) const noexcept;
    void trace_pause(time_point at) const noexcept;
    static cpu_section section_of(step s) noexcept {
        if (s == step::fetch) return cpu_section::fetch;
        if (s == step::transform) return cpu_section::transform;
        return s == step::store ? cpu_section::store : cpu_section::scheduling;
    }

    time_point since_;  ///< the begin of this attempt, or of this pause
    order_course course_;
    run_findings findings_;
    bool is_traced_;
    bool is_stored_ = false;
    bool in_transform_ = false;  ///< the end of the transform is not known before the store begins
    std::string body_;           ///< from fetched() to take_body()
};

}  // namespace pipebench

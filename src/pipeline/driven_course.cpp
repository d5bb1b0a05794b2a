#include "pipeline/driven_course.hpp"

namespace pipebench {

void driven_course::trace_stage(stage ended, time_point at, error_kind kind, std::uint16_t status) const noexcept {
    span s{.order = id(), .begin_ns = ns_of(since_), .end_ns = ns_of(at), .status = status, .result = kind};
    if (ended == stage::fetch) {
        s.what = span_kind::fetch;
        s.attempt = course_.result().attempts;
    } else if (ended == stage::store) {
        s.what = span_kind::store;
        s.attempt = course_.result().stores;
    } else {
        s.what = span_kind::transform;
    }
    findings_.spans().add(s);
}

/// What the order waited for follows from what it did before.
void driven_course::trace_pause(time_point at) const noexcept {
    const auto& so_far = course_.result();
    span s{.order = id(), .begin_ns = ns_of(since_), .end_ns = ns_of(at), .what = span_kind::pause};
    if (is_stored_) s.what = span_kind::database_latency;
    else if (so_far.stores > 0) s.attempt = so_far.stores;
    else if (so_far.attempts > 0) s.attempt = so_far.attempts;
    else s.what = span_kind::rate_limit;
    findings_.spans().add(s);
}

}  // namespace pipebench

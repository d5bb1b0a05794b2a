#include "pipeline/order_course.hpp"

#include "pipeline/retry_rules.hpp"
#include "pipeline/transform.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace pipebench {

order_course::order_course(const workload& work, traffic shared, order_id id, time_point now, run_findings findings)
    : work_(work), traffic_(shared), findings_(findings), id_(id), deadline_(now + work.limits.order) {
    traffic_.count_first();
    take_slot(now);
}

order_course::time_point order_course::attempt_deadline(time_point now) const {
    return std::min(now + work_.limits.attempt, deadline_);
}

void order_course::fetched(const fetch_result& result, time_point now) {
    ++result_.attempts;
    if (result.kind == error_kind::throttled) findings_.count_throttled();
    if (result.kind != error_kind::none) return failed_try(stage::fetch, result.kind, result.retry_after, now);
    step_ = step::transform;
}

void order_course::transform_body(std::string_view body, order_scratch& scratch, const transform_work& work) {
    if (!parse_order(body, scratch)) return end_unread(body);
    if (scratch.parsed.id != id_) return end_other(scratch.parsed.id);
    row_ = transform(scratch.parsed);
    work.spend(row_);
    begin_store();
}

void order_course::transformed(order_row row) {
    row_ = std::move(row);
    begin_store();
}

void order_course::transform_died() { end(stage::transform, error_kind::worker_died); }

void order_course::begin_store() {
    tries_ = 0;
    step_ = step::store;
}

void order_course::stored(error_kind kind, time_point now) {
    if (result_.stores < std::numeric_limits<std::uint8_t>::max()) ++result_.stores;
    if (kind != error_kind::none) return failed_try(stage::store, kind, {}, now);
    row_ = {};  // frees memory: very many orders may wait at the same time
    wait(work_.db_latency, turn::done, now);
}

/// Waits for the client's rate limit before every request.
void order_course::take_slot(time_point now) {
    const auto slot = traffic_.next_slot(now, deadline_);
    if (!slot) return end_late(stage::fetch);
    wait(std::chrono::ceil<duration>(*slot - now), turn::fetch, now);
}

void order_course::failed_try(stage at, error_kind kind, duration retry_after, time_point now) {
    ++tries_;
    last_failure_ = kind;
    // Whoever cannot store keeps what it has in hand, and so takes no more orders.
    const bool without_end = work_.keep_storing && at == stage::store;
    if (without_end) deadline_ = now + work_.limits.order;
    if (now >= deadline_) return end_late(at);
    if (!worth_retrying(kind) || (tries_ >= work_.retry.attempts && !without_end)) return end(at, kind);
    // The jitter is added to the server's Retry-After: otherwise all orders would come back at the same time.
    const auto pause = retry_after + backoff(work_.retry, tries_, random_of(work_.seed, id_, tries_));
    if (now + pause >= deadline_) return end_late(at);
    wait(pause, at == stage::fetch ? turn::fetch_again : turn::store, now);
}

void order_course::end(stage at, error_kind kind) {
    result_.at = at;
    result_.kind = kind;
    findings_.give_up(id_, at, kind);
    step_ = step::done;
}

void order_course::end_unread(std::string_view body) {
    findings_.explain(stage::transform, error_kind::bad_content, [&] {
        return fmt::format("{} bytes that are not an order (docs/order.schema.json)", body.size());
    });
    end(stage::transform, error_kind::bad_content);
}

void order_course::end_other(order_id came) {
    findings_.explain(stage::transform, error_kind::wrong_order,
                      [&] { return fmt::format("order {} came in place of order {}", came, id_); });
    end(stage::transform, error_kind::wrong_order);
}

void order_course::end_late(stage at) {
    findings_.explain(at, error_kind::deadline, [&] {
        return last_failure_ == error_kind::none ? std::string("the rate limit left no time for a request")
                                                 : fmt::format("the last attempt: {}", name_of(last_failure_));
    });
    end(at, error_kind::deadline);
}

void order_course::wait(duration pause, turn then, time_point now) {
    if (pause.count() <= 0) return proceed(then, now);
    pause_ = pause;
    after_wait_ = then;
    step_ = step::wait;
}

// A retry that the budget refuses counts as a try without a request: the order waits its next, longer pause, so that
// an outage does not fail all remaining orders at once.
void order_course::proceed(turn what, time_point now) {
    switch (what) {
        case turn::fetch: step_ = step::fetch; return;
        case turn::store: step_ = step::store; return;
        case turn::done: step_ = step::done; return;
        case turn::fetch_again:
            if (traffic_.take_retry()) return take_slot(now);
            return failed_try(stage::fetch, last_failure_, {}, now);
    }
}

}  // namespace pipebench

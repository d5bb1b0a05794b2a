#include "pipeline/order_course.hpp"

#include "pipeline/order_parser.hpp"
#include "pipeline/retry.hpp"
#include "pipeline/transform.hpp"

#include <algorithm>

namespace pipebench {

order_course::order_course(const workload& work, order_id id, time_point now)
    : work_(work), id_(id), deadline_(now + work.limits.order) {}

order_course::time_point order_course::attempt_deadline(time_point now) const {
    return std::min(now + work_.limits.attempt, deadline_);
}

void order_course::fetched(const fetch_result& result, time_point now) {
    ++result_.attempts;
    if (result.kind != error_kind::none) return failed_attempt(stage::fetch, result.kind, result_.attempts, now);
    const auto parsed = parse_order(result.body);
    if (!parsed) return end(stage::transform, error_kind::bad_content);
    if (parsed->id != id_) return end(stage::transform, error_kind::wrong_order);
    row_ = transform(*parsed);
    step_ = step::store;
}

void order_course::stored(error_kind kind, time_point now) {
    ++result_.stores;
    if (kind != error_kind::none) return failed_attempt(stage::store, kind, result_.stores, now);
    row_ = {};  // not needed any more, and there may be very many of us
    wait(work_.db_latency, step::done);
}

void order_course::failed_attempt(stage at, error_kind kind, unsigned attempt, time_point now) {
    if (now >= deadline_) return end(at, error_kind::deadline);
    if (!worth_retrying(kind) || attempt >= work_.retry.attempts) return end(at, kind);
    const auto pause = backoff(work_.retry, attempt, random_of(work_.seed, id_, attempt));
    if (now + pause >= deadline_) return end(at, error_kind::deadline);
    wait(pause, step_);
}

void order_course::end(stage at, error_kind kind) {
    result_.at = at;
    result_.kind = kind;
    step_ = step::done;
}

void order_course::wait(duration pause, step then) {
    pause_ = pause;
    after_wait_ = then;
    step_ = pause.count() > 0 ? step::wait : then;
}

}  // namespace pipebench

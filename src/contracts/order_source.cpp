#include "pipebench/order_source.hpp"

#include "contracts/arrival_schedule.hpp"

#include <algorithm>

namespace pipebench {

order_source::order_source(const workload& work, const arrival_schedule& when, order_log& out,
                           stop_flag stop) noexcept
    : when_(when),
      out_(out),
      stop_(stop),
      orders_(work.orders),
      queue_limit_(work.arrive.queue_limit),
      full_(work.arrive.full),
      open_(when.open()) {}

order_source::clock::time_point order_source::due_at(order_id id) const noexcept {
    return out_.started() + when_.at(id);
}

bool order_source::queue_is_full() const noexcept { return queue_limit_ > 0 && out_.queued() >= queue_limit_; }

void order_source::admit() {
    if (!open_) return;
    const auto now = clock::now();
    if (held_until_ == clock::time_point{}) held_until_ = now;  // until here the pattern was being set up
    bool any_admitted = false;
    for (; !all_arrived(); ++next_) {
        const auto due = due_at(next_);
        if (due > now) return;
        if (out_.has_ended(next_)) continue;
        const bool full = queue_is_full();
        if (full && any_admitted) return;  // they come at once because this call is late: first let them be taken
        if (full && full_ == when_full::wait) {
            held_until_ = now + full_queue_pause;
            return;
        }
        // How late it is does not include what held it back; its wait does.
        out_.arrive(due, now - std::max(due, held_until_));
        if (full) out_.settle(next_, {stage::schedule, error_kind::overloaded, 0, 0});
        else arrived_.push_back(next_);
        any_admitted = any_admitted || !full;
    }
}

std::optional<order_id> order_source::take() {
    if (stop_.requested()) return std::nullopt;
    if (!open_) {
        if (next_ > orders_) return std::nullopt;
        out_.offer();
        return next_++;
    }
    if (arrived_.empty()) return std::nullopt;
    const auto id = arrived_.front();
    arrived_.pop_front();
    return id;
}

order_source::clock::duration order_source::until_next() const noexcept {
    if (!open_ || all_arrived()) return clock::duration::zero();
    const auto next = std::max(due_at(next_), held_until_);
    return std::clamp<clock::duration>(next - clock::now(), clock::duration::zero(), longest_sleep);
}

}  // namespace pipebench

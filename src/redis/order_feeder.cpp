#include "redis/order_feeder.hpp"

#include <utility>
#include <vector>

namespace pipebench {

using clock = std::chrono::steady_clock;

void order_feeder::connect(const redis_address& where, duration reply_limit) {
    limit_ = reply_limit;
    redis_.emplace(where, reply_limit);
}

void order_feeder::disconnect() noexcept {
    redis_.reset();
    unanswered_ = 0;
}

void order_feeder::run() {
    orders_.admit();
    if (!redis_) return;
    take_answers();
    if (!resting_) send();
}

clock::time_point order_feeder::next() const {
    return clock::now() + (orders_.all_arrived() ? order_source::longest_sleep : orders_.until_next());
}

pollfd order_feeder::watched() const { return {redis_ ? redis_->native() : -1, POLLIN, 0}; }

void order_feeder::send() {
    std::vector<redis_command> additions;
    while (unanswered_ + additions.size() < most_unanswered) {
        const auto id = orders_.take();
        if (!id) break;
        take_over(*id);
        if (inventory_.is_on_stream(*id)) continue;  // left there by a run that was killed
        additions.push_back({"XADD", keys_.orders, "*", "order", std::to_string(*id)});
        inventory_.mark_added(*id);
    }
    if (orders_.all_taken()) take_over(orders_.orders() + 1);
    if (additions.empty()) return;
    if (unanswered_ == 0) last_answer_ = clock::now();
    unanswered_ += additions.size();
    redis_->start(additions);
}

/// The orders between the last one and `id` have been shed, or have ended in a run that was killed.
void order_feeder::take_over(order_id id) {
    while (++last_taken_ < id) inventory_.mark_done(last_taken_);
    last_taken_ = std::min(id, orders_.orders());
}

void order_feeder::take_answers() {
    if (unanswered_ == 0) return;
    for (const auto& reply : redis_->arrived_replies()) {
        throw_if_error(*reply);
        --unanswered_;
        ++added_;
        last_answer_ = clock::now();
    }
    if (unanswered_ > 0 && clock::now() - last_answer_ > limit_) throw redis_lost("Redis: timed out");
}

}  // namespace pipebench

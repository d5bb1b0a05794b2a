#include "measure/record_watch.hpp"

#include "contracts/error.hpp"
#include "system/child_process.hpp"

#include <algorithm>
#include <cmath>

namespace pipebench {
namespace {

event event_at(event_kind kind, std::chrono::nanoseconds at, nlohmann::json fields) {
    return {.kind = kind, .at_s = event_seconds(at), .fields = std::move(fields)};
}

/// The number of the attempt that failed; 0: there was none.
unsigned attempt_of(const outcome& o) { return o.at == stage::store ? o.stores : o.attempts; }

std::string text_of(const order_reason& r) {
    const std::string_view text(r.text.data(), r.text.size());
    return printable(text.substr(0, text.find('\0')));
}

}  // namespace

double event_seconds(std::chrono::nanoseconds t) {
    return std::round(std::chrono::duration<double, std::micro>(t).count()) / 1e6;
}

void throttling_watch::look(std::uint64_t throttled, std::chrono::nanoseconds elapsed, const tell_event& tell) {
    if (throttled > seen_) {
        if (!is_on_) {
            is_on_ = true;
            before_ = seen_;
            began_ = elapsed;
            tell(event_at(event_kind::throttling_begins, elapsed, {{"requests", throttled - before_}}));
        }
        seen_ = throttled;
        last_ = elapsed;
    } else if (is_on_ && elapsed - last_ >= quiet_for) {
        finish(tell);
    }
}

void throttling_watch::finish(const tell_event& tell) {
    if (!is_on_) return;
    is_on_ = false;
    tell(
        event_at(event_kind::throttling_ends, last_,
                 {{"from_s", event_seconds(began_)}, {"to_s", event_seconds(last_)}, {"requests", seen_ - before_}}));
}

void record_watch::look_when_due(clock::time_point now) {
    if (now < next_) return;
    next_ = now + interval;
    look();
}

void record_watch::look() {
    find_process_changes(false);
    find_redeliveries();
    throttling_.look(get(record_.trouble().throttled), record_.elapsed(), tell_);
    find_failures();
}

void record_watch::finish() {
    find_process_changes(true);
    look();
    throttling_.finish(tell_);
    const auto all = get(record_.trouble().failed.added);
    if (all > most_failed_orders)
        tell_(event_at(event_kind::failures_left_out, record_.elapsed(), {{"orders", all - most_failed_orders}}));
}

void record_watch::find_process_changes(bool is_over) {
    const auto& all = record_.trouble().processes;
    for (; changes_ < all.size(); ++changes_) {
        const auto* change = all.at(changes_);
        if (change == nullptr && !is_over) return;  // it is being written
        if (change == nullptr) continue;            // its writer was killed
        const auto at = record_.on_clock(change->at_ns);
        if (change->started) {
            tell_(event_at(event_kind::restart, at, {{"what", "worker"}, {"process", change->pid}}));
            continue;
        }
        child_end end;
        end.status = change->status;
        tell_(event_at(event_kind::process_died, at, {{"process", change->pid}, {"how", end.describe()}}));
    }
}

void record_watch::find_redeliveries() {
    const auto seen = record_.read();
    const auto all = seen.begun_again + seen.repeated;
    if (all <= redelivered_) return;
    tell_(event_at(event_kind::redelivery, record_.elapsed(), {{"orders", all - redelivered_}, {"so_far", all}}));
    redelivered_ = all;
}

void record_watch::find_failures() {
    const auto& all = record_.trouble().failed;
    if (failures_ == all.size()) return;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto* failed = told_[i] ? nullptr : all.at(i);
        if (failed == nullptr) continue;
        told_[i] = true;
        ++failures_;
        tell_failure(*failed);
    }
}

void record_watch::tell_failure(const failed_order& failed) {
    const bool is_dead = failed.what.kind == error_kind::dead_letter;
    nlohmann::json fields{{"order", failed.id}};
    if (!is_dead) {
        fields["stage"] = name_of(failed.what.at);
        fields["kind"] = name_of(failed.what.kind);
        if (const auto attempt = attempt_of(failed.what); attempt > 0) fields["attempt"] = attempt;
        if (auto reason = reason_of(failed); !reason.empty()) fields["reason"] = std::move(reason);
    }
    tell_(event_at(is_dead ? event_kind::dead_letter : event_kind::order_failed, record_.on_clock(failed.at_ns),
                   std::move(fields)));
}

/// Its own if it is known, else that of the first order that failed alike.
std::string record_watch::reason_of(const failed_order& failed) const {
    const auto& all = record_.trouble().reasons;
    for (std::size_t i = all.size(); i-- > 0;)  // an order that failed twice: the last one
        if (const auto* r = all.at(i);
            r != nullptr && r->id == failed.id && r->at == failed.what.at && r->kind == failed.what.kind)
            return text_of(*r);
    return record_.reason_of(failed.what.at, failed.what.kind);
}

}  // namespace pipebench

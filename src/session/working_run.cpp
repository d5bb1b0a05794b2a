#include "session/working_run.hpp"

#include "contracts/error.hpp"
#include "contracts/units.hpp"
#include "measure/histogram.hpp"
#include "system/cpu_time.hpp"
#include "system/process_tree.hpp"

#include <algorithm>
#include <cmath>
#include <csignal>

namespace pipebench {

const pattern& streams_pattern() {
    const auto all = patterns();
    const auto found = std::ranges::find(all, std::string_view("redis-streams"), &pattern::id);
    if (found == all.end()) throw setup_error("this build has no redis-streams");
    return *found;
}

workload work_here(workload work, const worker_settings& here) {
    auto& s = work.streams;
    if (here.processes > 0) s.processes = here.processes;
    if (here.workers > 0) s.workers = here.workers;
    if (here.batch > 0) s.batch = here.batch;
    if (here.db_connections > 0) work.db_connections = here.db_connections;
    s.workers = std::max(s.workers, s.processes);
    return work;
}

working_run::working_run(const session_card& session, const worker_settings& here, const std::string& target_address,
                         const std::string& instance, const std::function<void(const std::string&)>& say,
                         const tell_event& happened)
    : run_(session.run),
      contestant_(streams_pattern(), here.binary),
      spec_{.pattern = std::string(contestant_.id()),
            .work = work_here(session.work, here),
            .where = {here.target, here.postgres, here.redis, session.schema, session.table, session.stream,
                      target_address},
            .loop_lag = true,
            .transform_rounds_per_us = session.transform_rounds_per_us,
            .part = run_part::workers,
            .instance = instance},
      record_(recorder::create(session.work.orders)),
      notes_([say](std::string_view line) { say(std::string(line)); }),
      events_(record_,
              [happened, run = run_](event e) {
                  e.run = run;
                  happened(e);
              }),
      process_(contestant_.start({spec_, record_, server_owner::user, notes_.write_end(), notes_.write_end()})),
      tree_(process_.pid(), spec_.work.transform_on.in_processes ? forks_from::any_thread : contestant_.forks()) {
    notes_.close_write_end();
}

void working_run::look() {
    notes_.drain();
    events_.look_when_due();
    if (clock::now() < next_sample_) return;
    tree_.sample();
    next_sample_ = clock::now() + tree_.interval();
}

void working_run::drain(duration limit) {
    if (deadline_) return;
    record_.request_stop();
    deadline_ = clock::now() + limit;
}

std::optional<child_end> working_run::end() {
    if (deadline_ && clock::now() >= *deadline_) kill();
    auto end = process_.wait_for(std::chrono::milliseconds(0));
    if (end) {
        notes_.finish();
        events_.finish();
        end_ = end;
    }
    return end;
}

run_glance working_run::glance(std::uint64_t number) const {
    run_glance out;
    out.number = number;
    out.rss_bytes = tree_.rss_now();
    out.pss_bytes = tree_.pss_now();
    out.processes = tree_.size_now();
    out.cpu_s = end_ ? cpu_seconds(end_->usage) : tree_cpu_seconds(process_.pid());
    return out;
}

event working_run::last_event() {
    const auto seen = record_.read();
    const auto at = event_seconds(record_.elapsed());
    return {.kind = event_kind::run_ends,
            .at_s = at,
            .fields = {{"orders", seen.ended() + seen.repeated},
                       {"stored", seen.stored},
                       {"failed", seen.failed},
                       {"seconds", at}},
            .run = run_};
}

void working_run::describe(worker_card& card) {
    const auto seen = record_.read();
    card.run = run_;
    card.processes = spec_.work.streams.processes;
    card.workers = spec_.work.streams.workers;
    card.in_flight_limit = contestant_.needs_at(spec_.work).in_flight;
    card.ended = seen.ended() + seen.repeated;
    card.in_hand = seen.in_flight();
    card.retries = seen.retries;
    card.refused_retries = seen.refused_retries;
    const auto memory = tree_.usage();
    card.peak_rss_bytes = memory.peak_rss_bytes;
    card.peak_pss_bytes = memory.peak_pss_bytes;
    if (const auto lag = record_.loop_lag(); total_of(lag) > 0) card.loop_lag_p99_ms = summarise(lag).p99_ms;
    if (end_) {
        card.cpu_user_s = as_seconds(end_->usage.ru_utime);
        card.cpu_system_s = as_seconds(end_->usage.ru_stime);
    } else if (const double used = tree_cpu_seconds(process_.pid()); std::isfinite(used)) {
        card.cpu_user_s = used;  // the kernel tells the parts of it only at the end
        card.cpu_system_s = 0;
    }
    if (!end_ && record_.elapsed().count() > 0) card.phase = worker_phase::working;
}

}  // namespace pipebench

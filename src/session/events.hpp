// The events of a session that are not found in the record of a run (measure/record_watch.hpp).
#pragma once

#include "pipebench/event.hpp"
#include "pipebench/result.hpp"
#include "session/worker_roll.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace pipebench {

struct session_settings;
struct run_place;
class contestant;

[[nodiscard]] event session_begins(const session_settings& settings);
[[nodiscard]] event session_ends(const session_result& result);
[[nodiscard]] event run_begins(const contestant& who, const run_place& place, std::uint64_t orders,
                               std::chrono::duration<double> floor);
[[nodiscard]] event run_ends(const run_result& run);
/// Of an open run that could not keep up.
[[nodiscard]] event saturated(const run_result& run);
[[nodiscard]] event warning_event(const std::string& text);
/// `began`: the start of the run's clock.
[[nodiscard]] event event_of(const worker_change& change, worker_roll::clock::time_point began);

/// Whether a result keeps events of this kind: those that say when something happened to a run, and that its figures do
/// not say.
[[nodiscard]] bool is_kept(event_kind kind) noexcept;

/// What a result keeps of a run.
class kept_events {
public:
    void add(const event& e) {
        if (!is_kept(e.kind) || all_.size() >= most_run_events) return;
        // Each order may have one; they must leave room for what happens to the run.
        if (e.kind == event_kind::dead_letter && ++dead_letters_ > most_run_events / 2) return;
        all_.push_back(e);
        all_.back().run = 0;
    }
    [[nodiscard]] std::vector<event> take() { return std::move(all_); }

private:
    std::size_t dead_letters_ = 0;
    std::vector<event> all_;
};

}  // namespace pipebench

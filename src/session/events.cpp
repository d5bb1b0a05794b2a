#include "session/events.hpp"

#include "contracts/error.hpp"
#include "measure/record_watch.hpp"
#include "session/session.hpp"

#include <cmath>

namespace pipebench {
namespace {

double rounded(double seconds) {
    return event_seconds(
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds)));
}

event_kind kind_of(worker_change::what w) {
    switch (w) {
        case worker_change::what::joins: return event_kind::worker_joins;
        case worker_change::what::missing: return event_kind::worker_missing;
        case worker_change::what::returns: return event_kind::worker_returns;
        case worker_change::what::signs_off: return event_kind::worker_signs_off;
        case worker_change::what::gives_up: break;
    }
    return event_kind::worker_gives_up;
}

}  // namespace

event session_begins(const session_settings& settings) {
    event out{.kind = event_kind::session_begins};
    std::string patterns, scenarios;
    for (const auto& c : settings.contestants) patterns += (patterns.empty() ? "" : ",") + std::string(c->id());
    for (const auto& s : settings.scenarios) scenarios += (scenarios.empty() ? "" : ",") + s.name;
    out.fields = {{"version", describe_build().version},
                  {"command", printable(settings.command)},
                  {"patterns", patterns},
                  {"scenarios", scenarios},
                  {"rounds", settings.rounds},
                  {"orders", settings.work.orders}};
    return out;
}

event session_ends(const session_result& result) {
    return {.kind = event_kind::session_ends,
            .fields = {{"seconds", rounded(result.session_s)},
                       {"runs", result.runs.size()},
                       {"interrupted", result.interrupted}}};
}

event run_begins(const contestant& who, const run_place& place, std::uint64_t orders,
                 std::chrono::duration<double> floor) {
    return {.kind = event_kind::run_begins,
            .fields = {{"pattern", who.id()},
                       {"scenario", place.scenario.empty() ? std::string(clean_scenario) : place.scenario},
                       {"round", place.round},
                       {"warmup", place.warmup},
                       {"orders", orders},
                       {"floor_s", rounded(floor.count())}}};
}

event run_ends(const run_result& run) {
    event out{.kind = event_kind::run_ends,
              .fields = {{"pattern", run.pattern},
                         {"scenario", run.scenario},
                         {"round", run.round},
                         {"orders", run.orders},
                         {"stored", run.stored},
                         {"failed", run.failed},
                         {"dead_lettered", run.dead_lettered},
                         {"shed", run.shed()},
                         {"verdict", name_of(run.verdict.kind)},
                         {"text", printable(run.verdict.text)}}};
    if (run.ledger.checked) out.fields["lost"] = run.ledger.lost;
    if (!std::isfinite(run.time_s)) return out;  // it could not begin
    out.at_s = rounded(run.time_s);
    out.fields["seconds"] = rounded(run.time_s);
    return out;
}

event saturated(const run_result& run) {
    return {.kind = event_kind::saturated,
            .at_s = rounded(run.time_s),
            .fields = {{"offered_per_s", run.load->offered_per_s},
                       {"achieved_per_s", run.load->achieved_per_s},
                       {"queue_growth_per_s", run.load->queue_growth_per_s}}};
}

event warning_event(const std::string& text) {
    return {.kind = event_kind::warning, .fields = {{"text", printable(text)}}};
}

event event_of(const worker_change& change, worker_roll::clock::time_point began) {
    const auto on_clock = [&](worker_roll::clock::time_point t) { return event_seconds(std::max(t - began, {})); };
    event out{
        .kind = kind_of(change.is),
        .fields = {{"worker", change.instance}, {"host", printable(change.host, 120)}, {"process", change.pid}}};
    if (began == worker_roll::clock::time_point{}) return out;
    out.at_s = on_clock(change.at);
    if (change.is == worker_change::what::returns) {
        out.fields["from_s"] = on_clock(change.heard_before);
        out.fields["to_s"] = on_clock(change.at);
    }
    if (change.is == worker_change::what::missing) out.fields["last_heard_s"] = on_clock(change.heard_before);
    return out;
}

bool is_kept(event_kind kind) noexcept {
    using k = event_kind;
    switch (kind) {
        case k::kill:
        case k::process_died:
        case k::restart:
        case k::worker_joins:
        case k::worker_missing:
        case k::worker_returns:
        case k::worker_signs_off:
        case k::worker_gives_up:
        case k::dead_letter:
        case k::throttling_begins:
        case k::throttling_ends:
        case k::saturated:
        case k::outage_begins:
        case k::outage_ends: return true;
        default: return false;
    }
}

}  // namespace pipebench

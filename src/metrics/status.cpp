#include "metrics/status.hpp"

#include "measure/histogram.hpp"
#include "system/box.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cmath>

namespace pipebench {
namespace {

using nlohmann::ordered_json;

ordered_json known(double number) { return std::isfinite(number) ? ordered_json(number) : ordered_json(); }
ordered_json known(const known_bytes& bytes) { return bytes ? ordered_json(*bytes) : ordered_json(); }

double seconds(std::chrono::nanoseconds t) { return std::chrono::duration<double>(t).count(); }

ordered_json summary_of(const latency_counts& counted) {
    if (total_of(counted) == 0) return {};
    const auto s = summarise(counted);
    return {{"p50_ms", s.p50_ms}, {"p90_ms", s.p90_ms}, {"p99_ms", s.p99_ms}, {"max_ms", s.max_ms}};
}

ordered_json what_of(const run_opening& what) {
    return {{"pattern", what.pattern},
            {"scenario", what.scenario},
            {"round", what.round},
            {"rounds", what.rounds},
            {"warmup", what.warmup},
            {"run", what.run},
            {"of", what.of},
            {"orders", what.work.orders},
            {"floor_s", known(what.floor_s)},
            {"in_flight_limit", what.in_flight_limit ? ordered_json(*what.in_flight_limit) : ordered_json()}};
}

ordered_json failures_of(const progress& p) {
    auto out = ordered_json::array();
    for (std::size_t s = 0; s < stage_count; ++s)
        for (std::size_t k = 1; k < error_kind_count; ++k)
            if (p.failures[s][k] > 0)
                out.push_back({{"stage", name_of(static_cast<stage>(s))},
                               {"kind", name_of(static_cast<error_kind>(k))},
                               {"orders", p.failures[s][k]}});
    return out;
}

ordered_json orders_of(const progress& p) {
    return {{"begun", p.begun},           {"stored", p.stored},
            {"failed", p.failed},         {"repeated", p.repeated},
            {"in_flight", p.in_flight()}, {"queued", p.queued},
            {"retries", p.retries},       {"refused_retries", p.refused_retries},
            {"throttled", p.throttled},   {"failures", failures_of(p)}};
}

ordered_json services_of(const run_glance& seen) {
    auto out = ordered_json::array();
    for (const auto& s : seen.services)
        out.push_back({{"name", name_of(s.name)},
                       {"cpu_s", known(s.cpu_s)},
                       {"rss_bytes", known(s.rss_bytes)},
                       {"pss_bytes", known(s.pss_bytes)}});
    return out;
}

ordered_json workers_of(const run_glance& seen) {
    auto out = ordered_json::array();
    for (const auto& w : seen.workers)
        out.push_back({{"instance", w.instance},
                       {"host", w.host},
                       {"state", w.how == worker_end::stayed ? "present" : name_of(w.how)},
                       {"ended", w.ended},
                       {"in_hand", w.in_hand},
                       {"cpu_s", known(w.cpu_user_s + w.cpu_system_s)},
                       {"peak_rss_bytes", known(w.peak_rss_bytes)},
                       {"loop_lag_p99_ms", known(w.loop_lag_p99_ms)}});
    return out;
}

void add_orders(ordered_json& out, const run_reader& record) {
    const auto killed = record.killed_at();
    out["elapsed_s"] = seconds(record.elapsed());
    out["killed_at_s"] = killed.count() > 0 ? known(seconds(killed)) : ordered_json();
    out["orders_now"] = orders_of(record.read());
    out["service"] = summary_of(record.service());
    out["wait"] = summary_of(record.wait());
    out["response"] = summary_of(record.response());
}

ordered_json run_of(const live_session& session) {
    const auto& run = *session.run();
    auto out = what_of(run.what);
    out["open"] = run.what.work.arrive.open();
    if (run.record) add_orders(out, *run.record);
    if (run.record) {
        out["orders_now"]["in_flight"] = known(session.in_flight());
        out["orders_now"]["queued"] = known(session.queued());
    }
    out["oldest_queued_s"] = known(session.oldest_queued_s());
    out["cpu_s"] = known(run.seen.cpu_s);
    out["rss_bytes"] = run.seen.rss_bytes > 0 ? ordered_json(run.seen.rss_bytes) : ordered_json();
    out["pss_bytes"] = known(run.seen.pss_bytes);
    out["processes"] = run.seen.number > 0 ? ordered_json(run.seen.processes) : ordered_json();
    out["stream"] = {{"lag", known(run.seen.stream.lag)},
                     {"pending", known(run.seen.stream.pending)},
                     {"oldest_pending_s", known(run.seen.stream.oldest_pending_s)}};
    out["services"] = services_of(run.seen);
    out["workers"] = workers_of(run.seen);
    return out;
}

ordered_json ended_of(const live_session& session) {
    auto out = ordered_json::array();
    for (const auto& e : session.ended()) {
        auto one = what_of(e.what);
        one["verdict"] = e.how.verdict;
        one["time_s"] = known(e.how.time_s);
        one["orders_per_s"] = known(e.how.orders_per_s);
        one["orders_now"] = e.done ? orders_of(*e.done) : ordered_json();
        if (e.done && !e.begins_known) one["orders_now"]["in_flight"] = one["orders_now"]["queued"] = nullptr;
        one["lost"] = e.how.ledger_checked ? ordered_json(e.how.lost) : ordered_json();
        out.push_back(std::move(one));
    }
    return out;
}

}  // namespace

std::string status_of(const live_session& session) {
    const ordered_json out{{"pipebench", describe_build().version},
                           {"command", session.session().command},
                           {"started_at", session.session().started_at},
                           {"phase", name_of(session.phase())},
                           {"run", session.run() != nullptr ? run_of(session) : ordered_json()},
                           {"ended", ended_of(session)}};
    return out.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace pipebench

#include "report/chart_marks.hpp"

#include "contracts/error.hpp"
#include "contracts/named.hpp"
#include "contracts/scenario.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <utility>

namespace pipebench::reporting {
namespace {

/// "worker killed"; empty if nothing was.
std::string kill_text(kill_target killed) {
    switch (killed) {
        case kill_target::none: return {};
        case kill_target::itself: return "the run died";
        case kill_target::connections: return "connections cut";
        default: return fmt::format("{} killed", name_of(killed));
    }
}

/// When a share of the orders had ended; NaN if it never had.
double time_of_share(const run_result& run, double share) {
    const auto& s = run.series;
    for (std::size_t i = 0; i < std::min({s.t_s.size(), s.completed.size(), s.failed.size()}); ++i)
        if (s.completed[i] + s.failed[i] >= share * static_cast<double>(run.orders)) return s.t_s[i];
    return no_value;
}

std::string text_in(const event& e, const char* field) {
    const auto found = e.fields.find(field);
    return found != e.fields.end() && found->is_string() ? printable(found->get<std::string>(), 60) : "";
}

bool has_hit(const event& kill) { return kill.fields.value("hit", nlohmann::json(false)) == true; }

/// The text of its mark; empty if it has none.
std::string mark_text(const event& e) {
    switch (e.kind) {
        case event_kind::kill: {
            const auto killed = named<kill_target>(text_in(e, "target"), kill_target_count);
            return killed && has_hit(e) ? kill_text(*killed) : "";
        }
        case event_kind::outage_begins: return text_in(e, "service") + " away";
        case event_kind::outage_ends: return text_in(e, "service") + " back";
        case event_kind::throttling_begins: return "429s begin";
        case event_kind::throttling_ends: return "429s end";
        default: return {};
    }
}

void add_events(std::vector<chart_mark>& out, const run_result& run) {
    for (const auto& e : run.events)
        if (auto text = mark_text(e); e.at_s && !text.empty()) out.push_back({*e.at_s, std::move(text)});
}

/// Whether an event says what was killed, and when.
bool tells_kill(const run_result& run) {
    return std::any_of(run.events.begin(), run.events.end(),
                       [](const event& e) { return e.kind == event_kind::kill && has_hit(e); });
}

/// Of a result without events: what a built-in scenario does to all orders at once. When it was follows from how many
/// orders had ended.
void add_trouble(std::vector<chart_mark>& out, const run_result& run) {
    if (!run.events.empty()) return;
    for (const auto& s : scenarios()) {
        if (s.name != run.scenario) continue;
        if (const double time_s = std::chrono::duration<double>(s.api.down.time).count(); time_s > 0) {
            const double begin_s = time_of_share(run, s.api.down.at);
            out.push_back({begin_s, "outage, about here"});
            out.push_back({begin_s + time_s, "its end"});
        }
        if (s.database.terminate_at > 0)
            out.push_back({time_of_share(run, s.database.terminate_at), "connections cut, about here"});
    }
}

void add_kill(std::vector<chart_mark>& out, const run_result& run) {
    const auto& r = run.recovery;
    auto text = kill_text(r.killed);
    if (text.empty()) return;
    if (!tells_kill(run)) out.push_back({r.at_s, std::move(text)});
    out.push_back({r.at_s + r.resumed_s, "resumed"});
}

void add_load(std::vector<chart_mark>& out, const run_result& run) {
    if (!run.load) return;
    const auto& load = *run.load;
    if (load.warm_up_s > 0) out.push_back({load.warm_up_s, "end of warm-up"});
    if (load.drain_s > 0)
        out.push_back({run.time_s - load.drain_s, load.saturated ? "last arrival; saturated" : "last arrival"});
}

}  // namespace

std::vector<chart_mark> marks_of(const run_result& run) {
    std::vector<chart_mark> out;
    add_events(out, run);
    add_trouble(out, run);
    add_kill(out, run);
    add_load(out, run);
    std::erase_if(out, [](const chart_mark& m) { return !std::isfinite(m.at); });
    return out;
}

}  // namespace pipebench::reporting

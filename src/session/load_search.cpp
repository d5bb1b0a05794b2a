#include "session/load_search.hpp"

#include "contracts/error.hpp"
#include "contracts/units.hpp"
#include "measure/run_account.hpp"
#include "session/capacity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace pipebench {
namespace {

const contestant& one_of(const session_settings& s) { return *s.contestants.front(); }

std::optional<std::string> why_not_here(const session_settings& s) {
    const auto need = one_of(s).needs_at(s.work);
    raise_descriptor_limit_for(need);  // as a session does
    return does_not_fit(one_of(s).id(), need, limits_of_this_box());
}

bool has_points(const load_search_outcome& s) {
    return std::any_of(s.patterns.begin(), s.patterns.end(), [](const auto& p) { return !p.points.empty(); });
}

std::string text_of(const point_judgement& judged) {
    const std::string verdict(judged.verdict ? name_of(*judged.verdict) : "not known");
    return fmt::format("{} ({})", verdict, judged.why);
}

}  // namespace

forecast_terms terms_at(const contestant& who, const session_settings& s) {
    return expected_of(who, s.work, s.servers.has_our_api() ? server_owner::pipebench : server_owner::user);
}

void require_objectives_in_reach(const session_settings& s) {
    const double service_s = terms_at(one_of(s), s).service_s;
    for (const auto& o : s.work.objectives)
        if (std::chrono::duration<double>(o.limit).count() <= service_s)
            throw setup_error(fmt::format("--slo: {} is not longer than the {} that the simulated work of an order "
                                          "takes: no rate can meet it",
                                          format_objective(o), format_duration(latency_of(s.work))));
}

load_searcher::load_searcher(load_search_outcome begun, const load_search_observer& observer,
                             const session_function& measure, std::optional<duration> length)
    : out_(std::move(begun)), observer_(observer), run_session_(measure), length_(length) {
    out_.interrupted = true;  // until it has ended
}

load_search_outcome load_searcher::run(const std::function<void(pattern_search&)>& search) {
    try {
        for (auto& p : out_.patterns)
            if (!stopped()) search(p);
    } catch (const setup_error& e) {
        if (!has_points(out_)) throw;
        out_.failure = e.what();  // what was measured stands
    }
    out_.interrupted = stopped();
    out_.session_s = since_began_.seconds();
    return std::move(out_);
}

bool load_searcher::stopped() {
    signals_.poll();
    if (out_.signal == 0) out_.signal = signals_.first();
    return out_.signal != 0 || !out_.failure.empty();
}

std::string load_searcher::label_of(double value) const {
    return out_.rate.empty() ? format_rate(value) + "/s" : fmt::format("a size of {:.0f}", value);
}

double load_searcher::length_of(const session_settings& s) const {
    return length_ ? std::chrono::duration<double>(*length_).count() : point_seconds(terms_at(one_of(s), s));
}

std::optional<load_point> load_searcher::run_point(pattern_search& p, session_settings s, double length_s) {
    if (stopped()) return std::nullopt;
    let_arrive_for(s.work, length_s);
    if (auto why = why_not_here(s)) {
        p.not_known = *std::move(why);
        return std::nullopt;
    }
    auto done = run_session_(s, observer_.session);
    out_.signal = done.signal;
    if (done.result.runs.empty() || done.result.interrupted) return std::nullopt;
    load_point out;
    out.length_s = length_s;
    out.judged = judge_point(done.result.runs.front());
    out.result = std::move(done.result);
    return out;
}

std::optional<load_point> load_searcher::run_until_told(pattern_search& p, const session_settings& s,
                                                        double length_s) {
    auto out = run_point(p, s, length_s);
    if (!out || out->judged.verdict != objective_verdict::cannot_tell) return out;
    tell(fmt::format("{}: {}; once more, for twice as long", p.pattern, text_of(out->judged)));
    return run_point(p, s, 2 * length_s);
}

std::optional<objective_verdict> load_searcher::measure(pattern_search& p, const session_at& at, double value,
                                                        point_purpose purpose) {
    const auto session = at(value);
    const double length_s = length_of(session) * (purpose == point_purpose::confirm ? full_length : 1);
    auto point = run_until_told(p, session, length_s);
    if (!point) return std::nullopt;
    point->value = out_.rate.empty() ? session.work.arrive.rate.per_second() : value;  // a rate is rounded
    point->purpose = purpose;
    tell(fmt::format("{} at {}: {}", p.pattern, label_of(value), text_of(point->judged)));
    const auto judged = point->judged;
    p.points.push_back(*std::move(point));
    if (!judged.verdict) p.not_known = judged.why;
    out_.session_s = since_began_.seconds();
    observer_.can_be_saved(out_);
    return judged.verdict;
}

bool load_searcher::find(pattern_search& p, const session_at& at, border_search& search) {
    for (auto n = search.next(); n; n = search.next()) {
        const auto verdict = measure(p, at, *n, point_purpose::search);
        if (!verdict) return false;
        search.tried(p.points.back().value, *verdict);
        p.found = search.report();
    }
    p.found = search.report();
    return true;
}

}  // namespace pipebench

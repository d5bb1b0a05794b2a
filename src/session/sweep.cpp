#include "session/sweep.hpp"

#include "contracts/error.hpp"
#include "session/capacity.hpp"
#include "session/stopwatch.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace pipebench {
namespace {

/// The need of a point for one resource.
struct resource {
    const char* name;
    const char* unit;
    std::uint64_t box_limits::*amount;
    std::uint64_t divisor;
};
constexpr std::array resources{
    resource{"descriptors", "", &box_limits::descriptors, 1},
    resource{"local ports", "", &box_limits::ports, 1},
    resource{"processes and threads", "", &box_limits::threads, 1},
    resource{"threads in one process", "", &box_limits::threads_per_process, 1},
    resource{"memory", " MB", &box_limits::memory_bytes, 1'000'000},
};

/// Names the first resource that is too small.
std::string cause_of(const contestant& c, const needs& need, const box_limits& limits) {
    for (const auto& r : resources) {
        box_limits alone;
        alone.*r.amount = limits.*r.amount;
        if (does_not_fit(c.id(), need, alone))
            return fmt::format("{} (this box has {}{})", r.name, grouped(limits.*r.amount / r.divisor), r.unit);
    }
    return "the box";
}

std::optional<misfit> why_left_out(const contestant& c, const workload& work) {
    const auto need = c.needs_at(work);
    raise_descriptor_limit_for(need);  // as a session does
    const auto limits = limits_of_this_box();
    const auto why = does_not_fit(c.id(), need, limits);
    if (!why) return std::nullopt;
    return misfit{std::string(c.id()), cause_of(c, need, limits), *why};
}

/// A point and its session.
struct planned_point {
    sweep_point shown;
    session_settings session;  ///< without the contestants that are left out
};

planned_point plan_point(const sweep_step& step) {
    planned_point out{{step.value, step.label, {}, {}}, step.session};
    std::erase_if(out.session.contestants, [&](const auto& c) {
        auto why = why_left_out(*c, out.session.work);
        if (why) out.shown.left_out.push_back(std::move(*why));
        return why.has_value();
    });
    return out;
}

void refuse_if_twins(const std::string& option, const sweep_step& first, const sweep_step& second) {
    if (first.value == second.value)
        throw setup_error(fmt::format("{}: {} is in its list twice", option, first.value));
    if (nlohmann::json(first.session.work) == nlohmann::json(second.session.work))
        throw setup_error(
            fmt::format("{}: {} and {} are the same work: profile {} or another option sets what it would change",
                        option, first.value, second.value, second.session.profile));
}

/// Refuses two points with the same work, which would measure one point twice.
void refuse_twins(const sweep_settings& s) {
    for (std::size_t i = 0; i < s.steps.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) refuse_if_twins(s.option, s.steps[j], s.steps[i]);
}

std::vector<planned_point> plan_of(const sweep_settings& s) {
    refuse_twins(s);
    std::vector<planned_point> out;
    for (const auto& step : s.steps) out.push_back(plan_point(step));
    const auto is_empty = [](const planned_point& p) { return p.session.contestants.empty(); };
    if (std::all_of(out.begin(), out.end(), is_empty))
        throw setup_error("no point fits: " + out.front().shown.left_out.front().why);
    return out;
}

sweep_outcome nothing_yet(const sweep_settings& s, const std::vector<planned_point>& plan) {
    const auto& any = s.steps.front().session;
    sweep_outcome out;
    out.option = s.option;
    out.command = any.command;
    out.rounds = any.rounds;
    for (const auto& c : any.contestants) out.patterns.emplace_back(c->id());
    for (const auto& p : plan) out.points.push_back(p.shown);
    out.interrupted = true;  // until the sweep has ended
    return out;
}

/// The contestant whose limit is searched; present if settings ask for a limit.
std::shared_ptr<const contestant> limited_of(const sweep_settings& s) {
    const auto& all = s.steps.front().session.contestants;
    return *std::find_if(all.begin(), all.end(), [](const auto& c) { return c->id() == limited_pattern; });
}

/// The smallest number of orders that does not fit, by bisection without runs. nullopt if the largest fits.
std::optional<limit_try> fewest_that_do_not_fit(const contestant& c, workload work) {
    std::uint64_t fits = 0, does_not = static_cast<std::uint64_t>(limit_search.highest) + 1;
    std::optional<limit_try> out;
    while (does_not - fits > 1) {
        work.orders = fits + (does_not - fits) / 2;
        const auto refusal = why_left_out(c, work);
        (refusal ? does_not : fits) = work.orders;
        if (refusal) out = {work.orders, refusal->cause, false};
    }
    return out;
}

class sweeper {
public:
    sweeper(const sweep_settings& s, const sweep_observer& o, const session_function& measure)
        : settings_(s), observer_(o), run_session_(measure) {}

    sweep_outcome run() {
        try {
            for (std::size_t i = 0; i < plan_.size() && !stopped(); ++i) measure(i);
            if (settings_.limit != limit_wish::none) find_limit();
        } catch (const setup_error& e) {
            if (out_.points.front().result.runs.empty()) throw;
            out_.failure = e.what();  // what was measured stands
        }
        out_.interrupted = stopped();
        out_.session_s = since_began_.seconds();
        return std::move(out_);
    }

private:
    bool stopped() {
        signals_.poll();
        if (out_.signal == 0) out_.signal = signals_.first();
        return out_.signal != 0 || !out_.failure.empty();
    }

    void tell(const std::string& text) const { observer_.session.message(text); }

    void measure(std::size_t i) {
        const auto& [shown, session] = plan_[i];
        tell(fmt::format("point {} of {}: {}", i + 1, plan_.size(), shown.label));
        for (const auto& l : shown.left_out) tell("left out: " + l.why);
        if (session.contestants.empty()) return;
        auto done = run_session_(session, observer_.session);
        out_.points[i].result = std::move(done.result);
        out_.signal = done.signal;
        out_.session_s = since_began_.seconds();
        observer_.can_be_saved(out_);
    }

    /// Takes the limit from the points, and runs more orders if it is to be searched.
    void find_limit() {
        for (std::size_t i = 0; i < plan_.size(); ++i) take_tries_of(i);
        const bool searched = settings_.limit == limit_wish::searched;
        if (searched) look_further();
        out_.limit = limit_of(tries_);
        out_.limit->searched = searched;
        out_.limit->balanced = search_balanced_;
    }

    void take_tries_of(std::size_t i) {
        const auto orders = plan_[i].session.work.orders;
        for (const auto& l : out_.points[i].left_out)
            if (l.pattern == limited_pattern) tries_.push_back({orders, l.cause, false});
        for (const auto* run : runs_of(out_.points[i].result, limited_pattern))
            if (!run->interrupted) tries_.push_back({orders, what_broke(*run), true});
    }

    /// With what the points have shown. A number that does not fit bounds it, and needs no run.
    [[nodiscard]] border_search search_from_points() const {
        auto terms = limit_search;
        for (const auto& t : tries_)
            if (!t.measured) terms.highest = std::min(terms.highest, static_cast<double>(t.orders - 1));
        border_search out(terms);
        for (const auto& t : tries_)
            if (t.measured) out.known(static_cast<double>(t.orders), verdict_of(t.cause));
        return out;
    }

    static objective_verdict verdict_of(const std::string& cause) {
        return cause.empty() ? objective_verdict::met : objective_verdict::not_met;
    }

    void look_further() {
        const auto ceiling = fewest_that_do_not_fit(*limited_of(settings_), plan_.front().session.work);
        if (ceiling) tries_.push_back(*ceiling);
        auto search = search_from_points();
        for (auto n = search.next(); n && !stopped(); n = search.next()) {
            const auto orders = static_cast<std::uint64_t>(*n);
            const auto cause = try_orders(orders);
            if (!cause) return;
            tries_.push_back({orders, *cause, true});
            search.tried(*n, verdict_of(*cause));
        }
    }

    /// One run of fan-out alone.
    [[nodiscard]] session_settings session_with(std::uint64_t orders) const {
        auto out = plan_.front().session;
        out.contestants = {limited_of(settings_)};
        out.work.orders = orders;
        out.rounds = 1;
        out.warmup = 0;
        return out;
    }

    /// Returns what broke, or an empty text; nullopt after a signal. A server that does not start is not a limit, and
    /// ends the sweep.
    std::optional<std::string> try_orders(std::uint64_t orders) {
        tell(fmt::format("looking for the limit of fan-out: {} orders", orders));
        const auto done = run_session_(session_with(orders), observer_.session);
        out_.signal = done.signal;
        if (done.result.interrupted || done.result.runs.empty()) return std::nullopt;
        const auto& run = done.result.runs.front();
        search_balanced_ = search_balanced_ && run.ledger.balanced();
        return what_broke(run);
    }

    const sweep_settings& settings_;
    const sweep_observer& observer_;
    const session_function& run_session_;
    const std::vector<planned_point> plan_ = plan_of(settings_);
    const stopwatch since_began_;
    signal_watch signals_;  // for signals between the sessions, which have their own watch
    sweep_outcome out_ = nothing_yet(settings_, plan_);
    std::vector<limit_try> tries_;  ///< for the limit
    bool search_balanced_ = true;
};

}  // namespace

sweep_outcome run_sweep(const sweep_settings& settings, const sweep_observer& observer,
                        const session_function& measure) {
    return sweeper(settings, observer, measure).run();
}

sweep_outcome run_sweep(const sweep_settings& settings, const sweep_observer& observer) {
    return run_sweep(settings, observer, [](const auto& s, const auto& o) { return run_session(s, o); });
}

}  // namespace pipebench

#include "session/session.hpp"

#include "analysis/box_movement.hpp"
#include "analysis/floor.hpp"
#include "analysis/plan.hpp"
#include "contracts/units.hpp"
#include "measure/run_account.hpp"
#include "pipeline/endpoint.hpp"
#include "session/capacity.hpp"
#include "session/events.hpp"
#include "session/process_executor.hpp"
#include "session/stopwatch.hpp"
#include "system/box.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <optional>

namespace pipebench {
namespace {

constexpr double long_run_s = 60;  ///< from this floor on, the session announces the duration before the run
constexpr double steal_warning = 0.02;

std::string utc_now() { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))); }

class session {
public:
    session(const session_settings& s, const session_observer& o, run_executor& e, signal_watch& signals)
        : settings_(s), observer_(o), executor_(e), signals_(signals) {}

    session_outcome run() {
        describe();
        check_that_it_fits();
        tell(session_begins(settings_));
        try {
            start_servers();
            tell_if_long();
            run_rounds();
        } catch (const interrupted&) {  // what was measured before stands
        }
        running_ = 0;
        for (const auto& text : changes_within(result_)) warn(text);
        signals_.poll();
        result_.interrupted = signals_.count() > 0;
        result_.session_s = since_began_.seconds();
        tell(session_ends(result_));
        return {std::move(result_), signals_.first(), std::move(traces_), spans_beyond_};
    }

private:
    void describe() {
        result_.started_at = utc_now();
        result_.name = settings_.name;
        result_.tags = settings_.tags;
        result_.command = settings_.command;
        result_.profile = settings_.profile;
        result_.parameters = settings_.work;
        if (!settings_.work.transform_cost.none())
            result_.transform_rounds_per_us = settings_.transform_rounds_per_us;
        result_.chaos = format_chaos(settings_.chaos);
        result_.target_time_s = settings_.target_time_s;
        result_.memory_budget_bytes = settings_.memory_budget_bytes;
        result_.build = describe_build();
        result_.box = describe_box();
    }

    void warn(const std::string& text) {
        result_.warnings.push_back(text);
        observer_.message("warning: " + text);
        tell(warning_event(text));
    }

    /// While a run is on, its events say so.
    void tell(event e) {
        e.run = running_;
        observer_.happened(e);
    }

    /// On this machine. Workers elsewhere check for themselves what they need.
    [[nodiscard]] needs needs_of(const contestant& c) const {
        if (settings_.join) return {.processes = 1, .redis = true};
        return c.needs_at(settings_.work);
    }

    [[nodiscard]] needs largest_needs() const {
        std::vector<needs> all;
        for (const auto& c : settings_.contestants) all.push_back(needs_of(*c));
        return largest_of(all);
    }

    void check_that_it_fits() {
        result_.box.descriptor_limit = raise_descriptor_limit_for(largest_needs());
        const auto limits = limits_of_this_box();
        for (const auto& c : settings_.contestants)
            if (const auto why_not = does_not_fit(c->id(), needs_of(*c), limits)) throw setup_error(*why_not);
    }

    void start_servers() {
        const auto started = executor_.start_servers(largest_needs(), observer_.message,
                                                     [this](const std::string& text) { warn(text); });
        result_.servers = started.servers;
        if (settings_.watch == watching::end_only)
            warn("--no-watch: memory, latencies and what is in flight were not looked at: their columns say nothing");
        if (settings_.work.transform_on.threads > 0) warn_where_no_loops();
        if (settings_.tables == leftovers::keep) warn("--keep: the tables stay in schema " + started.schema);
        if (const auto& mock = settings_.servers.target_mock) describe_mock(*mock);
        if (target_owner() == server_owner::user)
            warn("with --target, contents are checked against the rows' own checksums only, and the API's view is "
                 "not known");
    }

    void warn_where_no_loops() {
        for (const auto& c : settings_.contestants)
            if (!c->needs_at(settings_.work).event_loops)
                warn(fmt::format("{}: --transform-on has no effect: it has no event loop, its workers transform",
                                 c->id()));
    }

    /// A mock API that the user has started for several sessions.
    void describe_mock(const mock_api_card& mock) {
        result_.servers.push_back(
            {.name = std::string(name_of(service::mock_api)),
             .version = mock.version,
             .origin = parse_api_endpoint(settings_.servers.target).authority,  // a prefix may be secret
             .settings =
                 fmt::format("http_latency={} http_jitter={} seed={} scenario={}", format_duration(mock.http.mean),
                             format_jitter(mock.http.spread), mock.seed, mock.scenario)});
        if (mock.scenario != clean_scenario)
            warn(
                fmt::format("--target: its mock API misbehaves on purpose (scenario {}), and the rows do not name it",
                            printable(mock.scenario, 60)));
    }

    [[nodiscard]] server_owner target_owner() const {
        return settings_.servers.has_our_api() ? server_owner::pipebench : server_owner::user;
    }

    /// `user` if the user gave at least one server.
    [[nodiscard]] server_owner owner_of_servers() const {
        const auto& given = settings_.servers;
        const bool all_ours = given.target.empty() && given.postgres.empty() && given.redis.empty();
        return all_ours ? server_owner::pipebench : server_owner::user;
    }

    [[nodiscard]] double floor_s(const contestant& c) const {
        const auto in_flight = c.needs_at(settings_.work).in_flight;
        return floor_of(simulated_work(settings_.work, target_owner()), in_flight, result_.box.usable_cores())
            .count();
    }

    /// Orders that come at their own pace: what they will do to each pattern.
    void tell_what_to_expect() const {
        if (!settings_.work.arrive.open()) return;
        for (const auto& c : settings_.contestants) {
            const auto terms = expected_of(*c, settings_.work, target_owner());
            observer_.message(pipebench::describe(forecast_of(terms), c->id(), terms));
        }
    }

    void tell_if_long() const {
        tell_what_to_expect();
        double round_s = 0;
        for (const auto& c : settings_.contestants) {
            round_s += floor_s(*c);
            if (floor_s(*c) >= long_run_s) tell_long_run(*c);
        }
        const auto rounds = (settings_.rounds + settings_.warmup) * settings_.scenarios.size();
        const double total_s = round_s * static_cast<double>(rounds);
        if (total_s >= long_run_s && rounds * settings_.contestants.size() > 1)
            observer_.message(fmt::format("the session takes at least {:.0f} s: the sum of the floors{}", total_s,
                                          rounds > 1 ? fmt::format(", {} times each", rounds) : ""));
    }

    void tell_long_run(const contestant& c) const {
        const auto work = simulated_work(settings_.work, target_owner());
        if (work.arrive.open())
            return observer_.message(
                fmt::format("{} takes at least {:.0f} s: {} orders arrive", c.id(), floor_s(c), work.orders));
        observer_.message(fmt::format("{} takes at least {:.0f} s: {} orders x {} / {} in flight", c.id(), floor_s(c),
                                      work.orders, format_duration(latency_of(work)),
                                      c.needs_at(settings_.work).in_flight));
    }

    void run_rounds() {
        result_.rounds = settings_.rounds;
        result_.interrupted = true;  // until the session has ended
        const auto contestants = settings_.contestants.size();
        const auto warmup_rounds = plan_rounds(contestants, 1, settings_.work.seed);
        for (std::uint64_t i = 0; i < settings_.warmup; ++i)
            if (!run_round(warmup_rounds.front(), {.round = i + 1, .rounds = settings_.warmup, .warmup = true}))
                return;
        std::uint64_t round = 0;
        for (const auto& order : plan_rounds(contestants, settings_.rounds, settings_.work.seed))
            if (!run_round(order, {.round = ++round, .rounds = settings_.rounds})) return;
    }

    /// Runs the contestants in that order under each scenario. False if a signal came.
    bool run_round(const std::vector<std::size_t>& order, run_place place) {
        const bool shown = settings_.scenarios.size() > 1 || settings_.scenarios.front().name != clean_scenario;
        std::uint64_t position = 0;
        for (const scenario& trouble : settings_.scenarios)
            for (const std::size_t i : order) {
                if (shown) place.scenario = trouble.name;
                if (!run_one({*settings_.contestants[i], trouble}, place, ++position)) return false;
            }
        return true;
    }

    void place_in_session(const run_plan& plan, run_place& place) {
        double round_s = 0;
        for (const auto& c : settings_.contestants) round_s += floor_s(*c);
        const auto rounds = (settings_.rounds + settings_.warmup) * settings_.scenarios.size();
        floors_s_ += floor_s(plan.who);
        place.run = ++begun_;
        place.work = &settings_.work;
        place.of = rounds * settings_.contestants.size();
        place.later = std::chrono::duration<double>(std::max(0.0, round_s * static_cast<double>(rounds) - floors_s_));
    }

    /// False if a signal came.
    bool run_one(const run_plan& plan, run_place place, std::uint64_t position) {
        signals_.poll();
        if (signals_.count() > 0) return false;
        place_in_session(plan, place);
        const std::chrono::duration<double> floor(floor_s(plan.who));
        running_ = begun_;
        observer_.run_starts(plan.who, place, floor);
        tell(run_begins(plan.who, place, settings_.work.orders, floor));
        auto run = measure(plan, place);
        run.round = place.round;
        run.position = position;
        auto& runs = place.warmup ? result_.warmup_runs : result_.runs;
        runs.push_back(std::move(run));
        tell(run_ends(runs.back()));
        running_ = 0;
        result_.session_s = since_began_.seconds();
        observer_.run_ended(runs.back());
        observer_.can_be_saved(result_);
        return true;
    }

    run_result measure(const run_plan& plan, const run_place& place) {
        kept_events kept;
        const auto happened = [&](const event& e) {
            kept.add(e);
            tell(e);
        };
        auto out = execute({plan.who, plan.trouble, happened}, place);
        if (out.load && out.load->saturated) happened(saturated(out));
        out.events = kept.take();
        return out;
    }

    /// A run that cannot begin has a row, too: the others are not to be lost with it.
    run_result execute(const run_plan& plan, const run_place& place) {
        auto* const trace = begin_trace(plan, place);
        std::optional<executed_run> run;
        try {
            run.emplace(executor_.execute(
                plan, [&](const recorder& r, const run_glance& seen) { observer_.run_goes(plan.who, r, seen); }));
        } catch (const interrupted&) {
            throw;
        } catch (const setup_error& e) {
            return account_of_failure(e.what(), terms_of(plan, false));
        }
        if (trace != nullptr) keep_spans(*trace, run->record);
        return account(*run, plan);
    }

    /// Null if this run is not traced.
    traced_run* begin_trace(const run_plan& plan, const run_place& place) {
        if (settings_.trace_share <= 0 || place.warmup) return nullptr;
        std::string name(plan.who.id());
        if (place.rounds > 1) name += fmt::format(", round {}", place.round);
        if (!place.scenario.empty()) name += ", " + place.scenario;
        return &traces_.emplace_back(traced_run{.name = std::move(name)});
    }

    void keep_spans(traced_run& into, const recorder& record) {
        auto kept = record.spans();
        const auto room = std::min(kept.spans.size(), most_spans_of_session - spans_kept_);
        const auto beyond = kept.beyond + (kept.spans.size() - room);
        kept.spans.resize(room);
        spans_kept_ += room;
        spans_beyond_ += beyond;
        if (beyond > 0)
            warn(fmt::format("--trace: {} had {} spans more than a trace holds: lower --trace-sample", into.name,
                             beyond));
        into.started_ns = record.started_ns();
        into.spans = std::move(kept.spans);
    }

    run_result account(executed_run& run, const run_plan& plan) {
        const bool signalled = signals_.count() > 0;
        const auto ledger = ledger_of(run, plan, signalled);
        auto out = account_of({run.record, run.seen, run.api, ledger}, terms_of(plan, signalled));
        out.yardstick = std::move(run.yardstick);
        if (out.steal_share > steal_warning)
            warn(fmt::format("{}: the hypervisor took {:.0f} % of the box's time during the run", out.pattern,
                             100 * out.steal_share));
        if (out.throttled_share > steal_warning)
            warn(fmt::format("{}: a CPU quota of its control group held it back for {:.0f} % of the cores' time",
                             out.pattern, 100 * out.throttled_share));
        return out;
    }

    /// What was measured is worth more than its check: a ledger that cannot be read is no error.
    checked_ledger ledger_of(executed_run& run, const run_plan& plan, bool signalled) {
        try {
            return {executor_.check_ledger(run, plan, signalled), {}};
        } catch (const setup_error& e) {
            return {{.checked = false}, e.what()};
        }
    }

    [[nodiscard]] run_terms terms_of(const run_plan& plan, bool signalled) const {
        return {.who = plan.who,
                .trouble = plan.trouble,
                .work = settings_.work,
                .target = target_owner(),
                .postgres = settings_.servers.postgres.empty() ? server_owner::pipebench : server_owner::user,
                .servers = owner_of_servers(),
                .signalled = signalled,
                .cores = result_.box.usable_cores(),
                .all_cores = result_.box.cores,
                .busy_limit = settings_.busy_limit,
                .build = result_.build};
    }

    const session_settings& settings_;
    const session_observer& observer_;
    run_executor& executor_;
    signal_watch& signals_;
    const stopwatch since_began_;
    std::uint64_t begun_ = 0;    ///< runs
    std::uint64_t running_ = 0;  ///< number of the run; 0: none is on
    double floors_s_ = 0;        ///< of the runs that have begun
    std::vector<traced_run> traces_;
    std::uint64_t spans_kept_ = 0, spans_beyond_ = 0;  ///< of all runs; beyond the limits
    session_result result_;
};

}  // namespace

session_outcome run_session(const session_settings& settings, const session_observer& observer) {
    signal_watch signals;
    process_executor processes(settings, signals, observer.message);
    return run_session(settings, observer, processes, signals);
}

session_outcome run_session(const session_settings& settings, const session_observer& observer, run_executor& e,
                            signal_watch& signals) {
    return session(settings, observer, e, signals).run();
}

}  // namespace pipebench

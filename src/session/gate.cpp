#include "session/gate.hpp"

#include "analysis/plan.hpp"
#include "session/capacity.hpp"
#include "session/events.hpp"
#include "session/stopwatch.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <csignal>

namespace pipebench {
namespace {

constexpr std::size_t longest_mismatch = 60;  ///< bytes of a value

constexpr std::array contender_names{"base", "base", "head"};
constexpr std::array contender_series{&gate_series::base, &gate_series::again, &gate_series::head};

const char* name_of(contender c) { return contender_names[static_cast<std::size_t>(c)]; }

session_result& of(gate_series& series, contender c) { return series.*contender_series[static_cast<std::size_t>(c)]; }

class gate_session {
public:
    gate_session(const gate_settings& s, const gate_observer& o, gate_contenders& contenders, signal_watch& signals)
        : settings_(s), observer_(o), contenders_(contenders), signals_(signals) {}

    gate_outcome run() {
        start_outcome();
        tell_begin();
        try {
            if (!was_signalled()) start_servers();
            if (!was_signalled()) measure(settings_.patterns, outcome_.series, "");
            if (!was_signalled()) judge();
        } catch (const interrupted&) {
        } catch (const setup_error& e) {
            if (!has_a_round_) throw;
            outcome_.failure = e.what();
        }
        outcome_.signal = signals_.first();
        outcome_.complete = !was_signalled() && outcome_.failure.empty();
        outcome_.session_s = since_began_.seconds();
        tell_end();
        return std::move(outcome_);
    }

private:
    [[nodiscard]] bool was_signalled() const { return signals_.count() > 0; }

    void start_outcome() {
        outcome_.command = settings_.command;
        outcome_.base_binary = settings_.base;
        outcome_.head_binary = settings_.head;
        outcome_.rounds = settings_.rounds;
        outcome_.base_version = contenders_.version_of(contender::base);
        outcome_.head_version = contenders_.version_of(contender::head);
    }

    void tell_begin() const {
        std::string patterns;
        for (const auto* p : settings_.patterns) patterns += (patterns.empty() ? "" : ",") + std::string(p->id);
        observer_.happened({.kind = event_kind::session_begins,
                            .fields = {{"version", describe_build().version},
                                       {"command", printable(settings_.command)},
                                       {"patterns", patterns},
                                       {"rounds", settings_.rounds},
                                       {"orders", settings_.work.orders}}});
    }

    void tell_end() const {
        for (const auto& text : outcome_.warnings) observer_.happened(warning_event(text));
        observer_.happened(
            {.kind = event_kind::session_ends,
             .fields = {{"seconds", outcome_.session_s}, {"runs", begun_}, {"interrupted", was_signalled()}}});
    }

    void start_servers() {
        std::vector<needs> all;
        for (const auto* p : settings_.patterns) all.push_back(p->needs_at(settings_.work));
        contenders_.start_servers(largest_of(all), observer_.message,
                                  [this](const std::string& text) { outcome_.warnings.push_back(text); });
    }

    void judge() {
        const auto thresholds = gate_thresholds(settings_.thresholds);
        outcome_.verdict.rows = judge_series(outcome_.series, thresholds, gate_alpha);
        confirm(thresholds);
        for (const auto* series : {&outcome_.series, &outcome_.confirmation})
            for (auto& warning : distrusted(*series)) outcome_.warnings.push_back(std::move(warning));
    }

    /// Measures the suspects again, alone, before they fail the gate.
    void confirm(const std::vector<threshold>& thresholds) {
        const auto names = suspects(outcome_.verdict.rows);
        if (names.empty()) return;
        observer_.message(fmt::format("suspects: {}; measured once more", fmt::join(names, ", ")));
        std::vector<const pattern*> again;
        for (const auto* p : settings_.patterns)
            if (std::find(names.begin(), names.end(), p->id) != names.end()) again.push_back(p);
        measure(again, outcome_.confirmation, "confirmation, ");
        if (was_signalled()) return;
        outcome_.verdict.confirmation = judge_series(outcome_.confirmation, thresholds, gate_alpha);
    }

    /// Patterns alternate within a round, and the three contenders within a pattern, so that the compared runs are
    /// seconds apart. Six rounds contain each order of the contenders once.
    void measure(const std::vector<const pattern*>& patterns, gate_series& series, const std::string& label) {
        const stopwatch since_first_round;
        const auto orders = plan_rounds(patterns.size(), settings_.rounds, settings_.work.seed);
        std::vector<std::vector<std::vector<std::size_t>>> turns;
        for (std::size_t p = 0; p < patterns.size(); ++p)
            turns.push_back(plan_all_orders(contender_series.size(), settings_.rounds, settings_.work.seed + 1 + p));
        for (std::uint64_t round = 0; round < settings_.rounds; ++round) {
            for (const auto p : orders[round])
                for (const auto c : turns[p][round]) {
                    if (was_signalled()) return;
                    run_one(static_cast<contender>(c), *patterns[p], round + 1, series);
                }
            has_a_round_ = true;
            outcome_.session_s = since_began_.seconds();
            observer_.can_be_saved(outcome_);
            tell_round(label, round + 1, since_first_round.seconds());
        }
    }

    void tell_round(const std::string& label, std::uint64_t round, double so_far_s) const {
        const auto rounds = settings_.rounds;
        const double left_s = so_far_s / static_cast<double>(round) * static_cast<double>(rounds - round);
        observer_.message(
            fmt::format("{}round {} of {}: {:.0f} s, {:.0f} s left", label, round, rounds, so_far_s, left_s));
    }

    void run_one(contender c, const pattern& p, std::uint64_t round, gate_series& series) {
        observer_.run_starts(p, round);
        ++begun_;
        tell_of_run({.kind = event_kind::run_begins,
                     .fields = {{"pattern", p.id}, {"round", round}, {"orders", settings_.work.orders}}},
                    c);
        auto result = contenders_.run(c, p);
        if (!result) return;
        auto& run = result->runs.front();
        run.round = round;
        observer_.run_ended(run);
        tell_of_run(run_ends(run), c);
        if (!run.ledger.balanced())
            outcome_.unbalanced.push_back(fmt::format("{}, {}, round {}: {}", name_of(c), run.pattern, round,
                                                      printable(run.verdict.text, 120)));
        add(*std::move(result), of(series, c));
    }

    void tell_of_run(event e, contender c) const {
        e.run = begun_;
        e.fields["binary"] = name_of(c);
        observer_.happened(e);
    }

    /// The first result of a series provides build, box and parameters; each later one adds a run.
    void add(session_result result, session_result& all) {
        if (!all.runs.empty()) {
            all.runs.push_back(std::move(result.runs.front()));
            return;
        }
        all = std::move(result);
        all.rounds = settings_.rounds;
        check_alike();
    }

    /// Checks as soon as both have one run, so that the user does not wait for a verdict that is impossible.
    void check_alike() {
        const auto& [base, again, head] = outcome_.series;
        if (base.runs.empty() || head.runs.empty() || alike_checked_) return;
        alike_checked_ = true;
        const auto text = mismatch_text(base, head);
        if (text.empty()) return;
        if (!settings_.allow_mismatch)
            throw setup_error(fmt::format(
                "gate: base and head are not comparable: {} (use --allow-mismatch to compare anyway)", text));
        outcome_.warnings.push_back("not comparable: " + text);
    }

    /// Empty if they match. A parameter that only one binary knows is a warning.
    std::string mismatch_text(const session_result& base, const session_result& head) {
        std::string text;
        for (const auto& d : mismatches(base, head)) {
            const auto one = describe(d, longest_mismatch);
            const bool of_one_alone = d.field.starts_with("parameters.") && d.is_of_one_alone();
            if (of_one_alone) outcome_.warnings.push_back("a parameter that only one of the two has: " + one);
            else text += (text.empty() ? "" : "; ") + one;
        }
        return text;
    }

    const gate_settings& settings_;
    const gate_observer& observer_;
    gate_contenders& contenders_;
    signal_watch& signals_;
    const stopwatch since_began_;
    gate_outcome outcome_;
    std::uint64_t begun_ = 0;  ///< runs
    bool alike_checked_ = false, has_a_round_ = false;
};

}  // namespace

gate_outcome run_gate(const gate_settings& settings, const gate_observer& observer, gate_contenders& contenders,
                      signal_watch& signals) {
    return gate_session(settings, observer, contenders, signals).run();
}

exit_code code_of(const gate_outcome& g) {
    if (g.signal != 0) return code_of_signal(g.signal);
    if (!g.unbalanced.empty()) return exit_code::not_trustworthy;
    if (!g.verdict.regressions().empty()) return exit_code::check_failed;
    return g.verdict.passed() ? exit_code::ok : exit_code::not_trustworthy;
}

}  // namespace pipebench

#include "session/gate.hpp"

#include "analysis/plan.hpp"
#include "contracts/error.hpp"
#include "contracts/units.hpp"
#include "services/mock_api_process.hpp"
#include "system/environment.hpp"
#include "system/program_run.hpp"

#include <sys/statvfs.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <optional>

namespace pipebench {
namespace {

using clock = std::chrono::steady_clock;

constexpr auto version_limit = std::chrono::seconds(10);
constexpr std::size_t longest_mismatch = 60;  ///< bytes of a value

/// The old binary, the old one again, and the new one.
struct contender {
    const char* name;
    std::string binary;
    session_result gate_series::*series;
};

class gate_session {
public:
    gate_session(const gate_settings& s, const gate_observer& o) : settings_(s), observer_(o) {}

    gate_outcome run() {
        outcome_.command = settings_.command;
        outcome_.base_binary = settings_.base;
        outcome_.head_binary = settings_.head;
        outcome_.rounds = settings_.rounds;
        outcome_.base_version = version_of("--baseline", settings_.base);
        outcome_.head_version = version_of("--head", settings_.head);
        part_from_us(contenders_[0].binary);
        contenders_[1].binary = contenders_[0].binary;
        part_from_us(contenders_[2].binary);
        if (!interrupted()) start_services();
        if (!interrupted()) measure(settings_.patterns, outcome_.series, "");
        if (!interrupted()) judge();
        outcome_.signal = signals_.first();
        outcome_.complete = !interrupted();
        outcome_.session_s = seconds_since(began_);
        return std::move(outcome_);
    }

private:
    [[nodiscard]] bool interrupted() const { return signals_.count() > 0; }

    static double seconds_since(clock::time_point then) {
        return std::chrono::duration<double>(clock::now() - then).count();
    }

    void judge() {
        const auto thresholds = gate_thresholds(settings_.thresholds);
        outcome_.verdict.rows = judge_series(outcome_.series, thresholds, gate_alpha);
        confirm(thresholds);
        for (const auto* series : {&outcome_.series, &outcome_.confirmation})
            for (auto& warning : distrusted(*series)) outcome_.warnings.push_back(std::move(warning));
    }

    /// A suspect is measured once more, alone, before it fails anything.
    void confirm(const std::vector<threshold>& thresholds) {
        const auto names = suspects(outcome_.verdict.rows);
        if (names.empty()) return;
        observer_.message(fmt::format("suspects: {}; measured once more", fmt::join(names, ", ")));
        std::vector<const pattern*> again;
        for (const auto* p : settings_.patterns)
            if (std::find(names.begin(), names.end(), p->id) != names.end()) again.push_back(p);
        measure(again, outcome_.confirmation, "confirmation, ");
        if (interrupted()) return;
        outcome_.verdict.confirmation = judge_series(outcome_.confirmation, thresholds, gate_alpha);
    }

    [[nodiscard]] std::string version_of(const char* option, const std::string& binary) {
        child_settings child;
        child.arguments = {binary, "--version"};
        child.environment = clean_environment();
        program_output seen;
        try {
            seen = run_program(child, {version_limit, 64 * 1024, 64 * 1024}, signals_);
        } catch (const setup_error& e) {
            throw failure(option, binary, e.what());
        }
        if (seen.how == program_output::ending::out_of_time)
            throw failure(option, binary,
                          fmt::format("--version did not end within {}", format_duration(version_limit)));
        if (seen.how == program_output::ending::signalled) return {};  // nothing is measured then
        constexpr std::string_view greeting = "pipebench ";
        if (!seen.out.starts_with(greeting) || !seen.end.exited_with(0))
            throw failure(option, binary, "it is not pipebench: --version does not say so");
        return printable(seen.out.substr(greeting.size(), seen.out.find('\n') - greeting.size()), 40);
    }

    /// Pages that the runs of a binary share with us and the mock API, who are at work all the while, would count for
    /// less in its PSS than in the other's: ours is run as a copy.
    void part_from_us(std::string& binary) {
        std::error_code ec;
        if (!std::filesystem::equivalent(binary, settings_.own_binary, ec)) return;
        if (!copies_) copies_.emplace(std::nullopt);
        struct statvfs mount {};
        const auto copy = copies_->path() / "pipebench";
        const bool runs_there = ::statvfs(copies_->path().c_str(), &mount) == 0 && (mount.f_flag & ST_NOEXEC) == 0;
        const auto how = std::filesystem::copy_options::overwrite_existing;
        if (runs_there && std::filesystem::copy_file(binary, copy, how, ec)) binary = copy.native();
        else outcome_.warnings.push_back("no copy of pipebench can be run from TMPDIR: PSS favours the head");
    }

    void start_services() {
        needs most;
        for (const auto* p : settings_.patterns) {
            const auto need = p->needs_at(settings_.work);
            most.database_connections = std::max(most.database_connections, need.database_connections);
            most.redis = most.redis || need.redis;
        }
        services_.emplace(settings_.servers, server_needs{most.database_connections, most.redis}, observer_.message,
                          [this](const std::string& text) { outcome_.warnings.push_back(text); });
    }

    /// Patterns take turns within a round, and the three contenders within a pattern's turn: what is compared is
    /// measured within seconds. In six rounds they stand in each of their six orders once.
    void measure(const std::vector<const pattern*>& patterns, gate_series& series, const std::string& label) {
        const auto began = clock::now();
        const auto rounds = settings_.rounds;
        const auto orders = plan_rounds(patterns.size(), rounds, settings_.work.seed);
        std::vector<std::vector<std::vector<std::size_t>>> turns;
        for (std::size_t p = 0; p < patterns.size(); ++p)
            turns.push_back(plan_all_orders(contenders_.size(), rounds, settings_.work.seed + 1 + p));
        for (std::uint64_t round = 0; round < rounds; ++round) {
            for (const auto p : orders[round])
                for (const auto c : turns[p][round]) {
                    if (interrupted()) return;
                    run_one(contenders_[c], *patterns[p], round + 1, series);
                }
            const double so_far = seconds_since(began);
            outcome_.session_s = seconds_since(began_);
            observer_.can_be_saved(outcome_);
            observer_.message(
                fmt::format("{}round {} of {}: {:.0f} s, {:.0f} s left", label, round + 1, rounds, so_far,
                            so_far / static_cast<double>(round + 1) * static_cast<double>(rounds - round - 1)));
        }
    }

    void run_one(const contender& c, const pattern& p, std::uint64_t round, gate_series& series) {
        auto result = ask(c, p);
        if (!result) return;
        auto& run = result->runs.front();
        run.round = round;
        if (!run.ledger.balanced())
            outcome_.unbalanced.push_back(
                fmt::format("{}, {}, round {}: {}", c.name, run.pattern, round, printable(run.verdict.text, 120)));
        auto& all = series.*c.series;
        if (all.runs.empty()) {
            run_result first = std::move(run);
            all = std::move(*result);
            all.runs = {std::move(first)};
            all.rounds = settings_.rounds;
            check_alike();
        } else all.runs.push_back(std::move(run));
    }

    /// Nothing: a signal came. The mock API is a new one of ours, on a port of its own: where thousands of connections to
    /// one port have just ended, the search for a free local port costs more than the run.
    std::optional<session_result> ask(const contender& c, const pattern& p) {
        std::optional<mock_api_process> api;
        if (settings_.servers.target.empty()) api.emplace(settings_.own_binary, settings_.work, "");
        const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(settings_.run_limit);
        const auto seen = run_program(command_of(c, p, api ? api->url() : settings_.servers.target),
                                      {limit, 16u << 20, 64u << 10}, signals_);
        using ending = program_output::ending;
        const auto fail = [&](const std::string& why) {
            return failure(c.name, c.binary, fmt::format("{}: {}", p.id, why));
        };
        if (seen.how == ending::signalled || interrupted()) return std::nullopt;
        if (seen.how == ending::out_of_time)
            throw fail(fmt::format("did not end within {} (--run-limit)", format_duration(settings_.run_limit)));
        if (seen.how == ending::printed_too_much) throw fail("printed more than a result can be");
        if (!seen.end.exited_with(0) && !seen.end.exited_with(static_cast<int>(exit_code::not_trustworthy)))
            throw fail(seen.last_words());
        return result_in(seen.out, p, fail);
    }

    template <class Fail>
    session_result result_in(const std::string& text, const pattern& p, const Fail& fail) const {
        std::optional<session_result> result;
        try {
            result = parse_result(text);
        } catch (const setup_error& e) {
            throw fail(e.what());
        }
        if (result->runs.size() != 1 || result->runs.front().pattern != p.id)
            throw fail("its result is not of the run that was asked for");
        if (result->runs.front().interrupted) throw fail("its run was interrupted");
        return *std::move(result);
    }

    [[nodiscard]] child_settings command_of(const contender& c, const pattern& p, const std::string& target) const {
        child_settings child;
        child.arguments = {c.binary, "run", "--pattern", std::string(p.id), "--export-json", "-", "--quiet"};
        child.arguments.insert(child.arguments.end(), settings_.work_arguments.begin(),
                               settings_.work_arguments.end());
        child.environment = clean_environment();  // addresses may hold secrets: they are not for the command line
        if (services_->postgres_pid() == 0)
            for (auto& variable : libpq_variables()) child.environment.push_back(std::move(variable));
        for (const auto& [name, value] :
             {std::pair("PIPEBENCH_POSTGRES", services_->postgres_url()),
              std::pair("PIPEBENCH_REDIS", services_->redis_url()), std::pair("PIPEBENCH_TARGET", target)})
            if (!value.empty()) child.environment.push_back(fmt::format("{}={}", name, value));
        return child;
    }

    /// As soon as there is one run of each: nobody waits for a verdict that cannot be.
    void check_alike() {
        const auto& [base, again, head] = outcome_.series;
        if (base.runs.empty() || head.runs.empty() || alike_checked_) return;
        alike_checked_ = true;
        std::string text;
        for (const auto& d : mismatches(base, head)) {
            const auto one = describe(d, longest_mismatch);
            const bool of_one_alone = d.field.starts_with("parameters.") && d.is_of_one_alone();
            if (of_one_alone) outcome_.warnings.push_back("a parameter that only one of the two has: " + one);
            else text += (text.empty() ? "" : "; ") + one;
        }
        if (text.empty()) return;
        if (!settings_.allow_mismatch)
            throw setup_error(fmt::format(
                "gate: base and head are not comparable: {} (use --allow-mismatch to compare anyway)", text));
        outcome_.warnings.push_back("not comparable: " + text);
    }

    static setup_error failure(const std::string& name, const std::string& binary, const std::string& why) {
        return setup_error(fmt::format("gate: {} {}: {}", name, printable(binary, 200), why));
    }

    const gate_settings& settings_;
    const gate_observer& observer_;
    const clock::time_point began_ = clock::now();
    signal_watch signals_;
    gate_outcome outcome_;
    std::optional<scratch_directory> copies_;
    std::optional<session_services> services_;
    bool alike_checked_ = false;
    std::array<contender, 3> contenders_{{{"base", settings_.base, &gate_series::base},
                                          {"base", settings_.base, &gate_series::again},
                                          {"head", settings_.head, &gate_series::head}}};
};

}  // namespace

gate_outcome run_gate(const gate_settings& settings, const gate_observer& observer) {
    return gate_session(settings, observer).run();
}

}  // namespace pipebench

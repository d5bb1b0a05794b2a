// The texts around the tables of a session, shared by text and markdown.
#include "analysis/box_movement.hpp"
#include "contracts/error.hpp"
#include "contracts/parameters.hpp"
#include "report/formats.hpp"
#include "report/numbers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace pipebench::reporting {
namespace {

constexpr std::size_t max_lines = 60;   // of one fact; more would hide the rest
constexpr std::size_t max_pieces = 10;  // of a yardstick; ours has 5

using words = std::vector<std::string>;

std::string join(const words& parts) { return fmt::format("{}", fmt::join(parts, ", ")); }

/// Adds `text` between the two others, unless it is empty.
void add(words& out, std::string_view before, const std::string& text, std::string_view after = "") {
    if (!text.empty()) out.push_back(fmt::format("{}{}{}", before, text, after));
}

words box_lines(const session_result& r) {
    const box_info& b = r.box;
    words line;
    if (b.cores > 0) line.push_back(counted(b.cores, "core", "cores"));
    if (b.container) line.push_back("container: " + describe(*b.container));
    add(line, "", b.cpu_model);
    if (b.memory_bytes > 0) line.push_back(fixed(static_cast<double>(b.memory_bytes) / 1e9, 1) + " GB");
    add(line, "", b.host_os);
    add(line, "kernel ", b.kernel);
    add(line, "virtualization ", b.virtualization);
    add(line, "governor ", b.governor);
    if (!line.empty()) line.push_back("load " + fixed(b.load_1min, 2));
    if (b.descriptor_limit > 0) line.push_back(counted(b.descriptor_limit, "descriptor", "descriptors") + " at most");
    return line.empty() ? words{} : words{join(line)};
}

words yardstick_lines(const session_result& r) {
    const auto box = level_of(r);
    if (!box) return {};
    words line;
    for (const auto& p : box->pieces)
        if (line.size() < max_pieces)
            line.push_back(fmt::format("{} {} us", printable(p.name, 40), number(p.elapsed_us)));
    std::string out = join(line);
    if (r.runs.size() > 1)
        out += fmt::format("; between the runs the box moves by {} %", fixed(100 * box->spread, 1));
    return {out};
}

words build_lines(const session_result& r) {
    const build_info& b = r.build;
    words line;
    add(line, "pipebench ", b.version);
    add(line, "", b.type, is_debug(b) ? " (NOT FOR MEASURING)" : "");
    add(line, "", b.compiler);
    add(line, "SANITIZERS ", b.sanitizers);
    return line.empty() ? words{} : words{join(line)};
}

words parameter_lines(const session_result& r) {
    words line;
    for (const parameter* p : parameters_of_profile_line()) {
        const char* key = p->key;
        if (!r.parameters.is_object() || !r.parameters.contains(key)) continue;
        const auto& value = r.parameters[key];
        std::string name = key;
        std::replace(name.begin(), name.end(), '_', '-');
        if (value.is_string()) line.push_back(name + " " + printable(value.get<std::string>(), 40));
        else if (value.is_number_unsigned() || value.is_number_float()) line.push_back(name + " " + value.dump());
    }
    const std::string profile = r.profile.empty() ? "" : r.profile + (line.empty() ? "" : ": ");
    return profile.empty() && line.empty() ? words{} : words{profile + join(line)};
}

template <class Has>
bool none_of(const session_result& r, Has has) {
    return !r.runs.empty() && std::none_of(r.runs.begin(), r.runs.end(), has);
}

/// What this pipebench would use and the result does not have: an older one has saved it, or it was told not to measure it.
words lack_lines(const session_result& r) {
    words out;
    if (none_of(r, [](const run_result& run) { return run.yardstick.has_value(); }))
        out.emplace_back("a yardstick: compare cannot judge its times and CPU");
    if (none_of(r, [](const run_result& run) { return !run.served.bins.empty(); }))
        out.emplace_back("distributions: no other percentile can be told, and none drawn");
    if (none_of(r, [](const run_result& run) { return !run.series.t_s.empty(); }))
        out.emplace_back("series over time");
    return out;
}

words tag_lines(const session_result& r) {
    words line;
    for (const auto& t : r.tags) line.push_back(t.key + "=" + t.value);
    return line.empty() ? words{} : words{join(line)};
}

words server_lines(const session_result& r) {
    words lines;
    for (const auto& s : r.servers) {
        std::string line = s.name;
        if (!s.version.empty()) line += " " + s.version;
        if (!s.origin.empty()) line += ", " + s.origin;
        if (!s.settings.empty()) line += ": " + s.settings;
        lines.push_back(std::move(line));
    }
    return lines;
}

using run_list = std::vector<const run_result*>;

/// The sum of one field over the runs.
template <class Field>
std::uint64_t total(const run_list& runs, Field field) {
    std::uint64_t sum = 0;
    for (const auto* run : runs) sum = saturating_sum(sum, field(*run));
    return sum;
}

/// About runs whose ledger was checked; at least one.
std::string ledger_line(const run_list& runs) {
    const auto ledger = [&](std::uint64_t ledger_view::*field) {
        return total(runs, [&](const run_result& run) { return run.ledger.*field; });
    };
    const auto orders = [&](std::uint64_t run_result::*field) {
        return total(runs, [&](const run_result& run) { return run.*field; });
    };
    const auto checked = [](const run_result* run) { return run->ledger.content_checked; };
    const auto with_contents = static_cast<std::size_t>(std::count_if(runs.begin(), runs.end(), checked));
    const bool balanced = std::all_of(runs.begin(), runs.end(), [](auto* run) { return run->ledger.balanced(); });
    const char* contents = with_contents == runs.size() ? "contents checked"
                           : with_contents == 0         ? "contents NOT checked"
                                                        : "contents checked in some runs only";
    std::string line = balanced ? "balanced: " : "DOES NOT BALANCE: ";
    line += counted(ledger(&ledger_view::rows), "row", "rows") + (balanced ? " accounted for; " : "; ");
    line += fmt::format("{}: {} stored, {} failed", counted(orders(&run_result::orders), "order", "orders"),
                        grouped(orders(&run_result::stored)), grouped(orders(&run_result::failed)));
    if (const auto n = orders(&run_result::dead_lettered)) line += fmt::format(", {} dead-lettered", grouped(n));
    if (const auto n = total(runs, [](const run_result& run) { return run.shed(); }))
        line += fmt::format(", {} shed", grouped(n));
    if (const auto n = orders(&run_result::not_started)) line += fmt::format(", {} not started", grouped(n));
    return line + fmt::format("; {} lost, {} corrupt, {} unexpected; {} redelivered, {} recovered; {}",
                              grouped(ledger(&ledger_view::lost)), grouped(ledger(&ledger_view::corrupt)),
                              grouped(ledger(&ledger_view::unexpected)), grouped(ledger(&ledger_view::redelivered)),
                              grouped(ledger(&ledger_view::recovered)), contents);
}

words ledger_lines(const session_result& r) {
    run_list checked;
    for (const auto& run : r.runs)
        if (run.ledger.checked) checked.push_back(&run);
    words out;
    if (!checked.empty()) out.push_back(ledger_line(checked));
    if (const auto n = r.runs.size() - checked.size(); n > 0)
        out.push_back("NOT CHECKED in " + counted(n, "run", "runs") + ": the verdicts say why");
    return out;
}

words sampling_lines(const session_result& r) {
    if (r.runs.empty()) return {};
    const auto less_gap = [](const run_result& a, const run_result& b) {
        return a.memory.largest_gap_ms < b.memory.largest_gap_ms;
    };
    const auto less_pss = [](const run_result& a, const run_result& b) {
        return a.memory.pss_samples < b.memory.pss_samples;
    };
    const auto& gap = *std::max_element(r.runs.begin(), r.runs.end(), less_gap);
    const auto& few = *std::min_element(r.runs.begin(), r.runs.end(), less_pss);
    return {
        fmt::format("memory every {} ms at last, largest gap {} ms ({}); fewest samples: {} of RSS, {} of PSS ({})",
                    fixed(r.runs.front().memory.interval_ms, 0), fixed(gap.memory.largest_gap_ms, 0), gap.pattern,
                    grouped(few.memory.rss_samples), grouped(few.memory.pss_samples), few.pattern)};
}

words failure_lines(const report_model& m) {
    words lines;
    for (const auto& part : m.scenarios)
        for (const auto& [run, rounds, time_spread, cpu_spread] : part.patterns) {
            words parts;
            for (const auto& f : run.failures)
                parts.push_back(fmt::format("{} {}/{}{}", grouped(f.orders), name_of(f.stage), name_of(f.kind),
                                            f.reason.empty() ? "" : fmt::format(" ({})", f.reason)));
            if (!parts.empty()) lines.push_back(row_name(run) + ": " + join(parts));
        }
    return lines;
}

words ranking_lines(const report_model& m) {
    words out;
    for (const auto& part : m.scenarios)
        for (const auto& one : part.rankings)
            out.push_back((m.scenarios.size() > 1 ? part.scenario + ": " : "") + describe(one));
    return out;
}

words note_lines(const session_result& r) {
    words lines;
    for (const auto& run : r.runs)
        for (const auto& note : run.notes)
            lines.push_back(r.rounds > 1 ? fmt::format("{}, round {}: {}", row_name(run), run.round, note)
                                         : row_name(run) + ": " + note);
    return lines;
}

words limited(words lines) {
    if (lines.size() <= max_lines) return lines;
    const auto more = lines.size() - max_lines;
    lines.resize(max_lines);
    lines.push_back(fmt::format("... and {} more, in the JSON", grouped(more)));
    return lines;
}

words interrupted_patterns(const session_result& r) {
    words names;
    for (const auto& run : r.runs)
        if (run.interrupted) names.push_back(row_name(run));
    return names;
}

words build_alarms(const build_info& b) {
    words out;
    if (is_debug(b)) out.push_back("DEBUG BUILD: these numbers say nothing about a release build.");
    add(out, "SANITIZER BUILD (", b.sanitizers, "): these numbers say nothing about a release build.");
    return out;
}

/// "2 of 5 rows must not be trusted"; empty if all are trusted.
words trust_alarms(const report_model& m) {
    std::size_t bad = 0, all = 0;
    for (const auto& part : m.scenarios)
        for (const auto& row : part.patterns) {
            ++all;
            bad += row.typical.verdict.trusted() ? 0u : 1u;
        }
    if (bad == 0) return {};
    if (all == 1) return {"This row must not be trusted: its verdict says why."};
    return {fmt::format("{} of {} rows must not be trusted: the verdict of each says why.", bad, all)};
}

}  // namespace

std::string headline(const report_model& m) {
    const auto& r = m.shown;
    words line{counted(r.runs.size(), "run", "runs")};
    add(line, "profile ", r.profile);
    add(line, "started ", r.started_at);
    if (r.rounds > 1) line.push_back(counted(r.rounds, "round", "rounds"));
    if (!r.warmup_runs.empty()) line.push_back(counted(r.warmup_runs.size(), "warm-up run", "warm-up runs"));
    line.push_back("took " + fixed(r.session_s, 1) + " s");
    return (r.name.empty() ? "pipebench: " : r.name + ": ") + join(line);
}

std::vector<std::string> alarms(const report_model& m) {
    const auto& r = m.shown;
    words out;
    const auto stopped = interrupted_patterns(r);
    if (r.interrupted || !stopped.empty())
        out.push_back(stopped.empty() ? "INTERRUPTED: not all runs were made."
                                      : "INTERRUPTED in " + join(stopped) + ": this result is partial.");
    for (auto& line : build_alarms(r.build)) out.push_back(std::move(line));
    for (auto& line : trust_alarms(m)) out.push_back(std::move(line));
    const auto unbalanced = [](const run_result& run) { return !run.ledger.balanced(); };
    if (const auto n = std::count_if(r.warmup_runs.begin(), r.warmup_runs.end(), unbalanced); n > 0)
        out.push_back(fmt::format("THE LEDGER DOES NOT BALANCE, or was not checked, in {} of the warm-up runs.", n));
    return out;
}

std::vector<std::string> assertion_lines(const report_model& m) {
    words out;
    for (const auto& a : m.shown.assertions)
        out.push_back(fmt::format("{}  {}{}", a.held ? "held  " : "FAILED", a.text,
                                  a.detail.empty() ? "" : "  (" + a.detail + ")"));
    return out;
}

std::vector<fact> facts(const report_model& m) {
    const auto& r = m.shown;
    const auto balanced = [](const run_result& run) { return run.ledger.checked && run.ledger.balanced(); };
    std::vector<fact> all{{"Ranking", ranking_lines(m), true},
                          {"Advice", m.advice, true},
                          {"Ledger", ledger_lines(r), std::all_of(r.runs.begin(), r.runs.end(), balanced)},
                          {"Failures", failure_lines(m)},
                          {"Tags", tag_lines(r)},
                          {"Lacks", lack_lines(r)},
                          {"Sampling", sampling_lines(r), true},
                          {"Profile", parameter_lines(r), true},
                          {"Box", box_lines(r), true},
                          {"Yardstick", yardstick_lines(r), true},
                          {"Build", build_lines(r), true},
                          {"Servers", server_lines(r), true},
                          {"Command", r.command.empty() ? words{} : words{r.command}, true},
                          {"Notes", note_lines(r)},
                          {"Warnings", r.warnings}};
    std::erase_if(all, [](const fact& f) { return f.lines.empty(); });
    for (auto& f : all) f.lines = limited(std::move(f.lines));
    return all;
}

namespace {

words how_to_read_open(const report_model& m) {
    words out{
        "Orders arrive on a schedule, ready or not. p50, p99 and Max count from the arrival, Wait from the arrival "
        "to the begin, Service from the begin to the end; what was not stored is later than all of them.",
        "Util. = offered load / orders that may be in flight: from 100 % on, the queue grows without end. MB = 10^6 "
        "bytes."};
    if (m.shown.rounds > 1) out.emplace_back("Measures are medians over the rounds, counts their sums.");
    return out;
}

}  // namespace

std::vector<std::string> how_to_read(const report_model& m) {
    const auto open = [](const run_result& run) { return run.load.has_value(); };
    if (std::any_of(m.shown.runs.begin(), m.shown.runs.end(), open)) return how_to_read_open(m);
    words out{
        "Floor: no schedule with this many orders in flight can be faster. Eff. = floor / time. MB = 10^6 bytes."};
    if (m.shown.rounds > 1)
        out.emplace_back("Measures are medians over the rounds, counts their sums. ± = scaled median deviation; ~ "
                         "marks more than 5 %.");
    return out;
}

}  // namespace pipebench::reporting

#include "measure/runner_lines.hpp"

#include "contracts/error.hpp"
#include "contracts/named.hpp"
#include "contracts/number.hpp"
#include "contracts/number_in.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace pipebench {
namespace {

constexpr double longest_ms = 1e9;  ///< 11 days
/// Its clock starts a little before `start` is read here.
constexpr std::chrono::milliseconds early_tolerance{10};

std::string_view next_word(std::string_view& rest) {
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    const auto word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(word.size());
    return word;
}

bool read_took(std::string_view word, runner_line& line) {
    if (word.empty()) return true;
    const auto ms = number_in<double>(word);
    if (!ms || !(*ms >= 0 && *ms <= longest_ms)) return false;
    line.took = std::chrono::nanoseconds(static_cast<std::int64_t>(*ms * 1e6));
    return true;
}

bool read_failure(std::string_view& rest, runner_line& line) {
    const auto at = named<stage>(next_word(rest), stage_count);
    const auto kind = named<error_kind>(next_word(rest), error_kind_count);
    if (!at || !kind || *kind == error_kind::none) return false;
    line.result.at = *at;
    line.result.kind = *kind;
    return true;
}

/// The names of an enum from `first` on: "fetch, transform, store, schedule".
template <class Name>
std::string names(std::size_t first, std::size_t count) {
    std::vector<std::string_view> all;
    for (std::size_t i = first; i < count; ++i) all.push_back(name_of(static_cast<Name>(i)));
    return fmt::format("{}", fmt::join(all, ", "));
}

std::optional<runner_line::word> first_word(std::string_view& rest) {
    static constexpr std::array<std::string_view, 5> words{"start", "in-flight", "begin", "stored", "failed"};
    const auto found = std::find(words.begin(), words.end(), next_word(rest));
    if (found == words.end()) return std::nullopt;
    return static_cast<runner_line::word>(found - words.begin());
}

}  // namespace

std::string accepted_form(std::string_view rest) {
    using word = runner_line::word;
    const auto first = first_word(rest);
    if (!first) return {};
    switch (*first) {
        case word::start: return "start";
        case word::in_flight: return "in-flight K";
        case word::begin: return "begin ID";
        case word::stored: return "stored ID [MS]";
        case word::failed: break;
    }
    return fmt::format("failed ID STAGE KIND, with a STAGE of {} and a KIND of {}", names<stage>(0, stage_count),
                       names<error_kind>(1, error_kind_count));
}

std::optional<runner_line> parse_runner_line(std::string_view rest) {
    using word = runner_line::word;
    const auto first = first_word(rest);
    if (!first) return std::nullopt;
    runner_line line{*first};
    if (line.is != word::start) {
        const auto number = number_in<std::uint64_t>(next_word(rest));
        if (!number || *number == 0) return std::nullopt;
        line.number = *number;
    }
    if (line.is == word::stored && !read_took(next_word(rest), line)) return std::nullopt;
    if (line.is == word::failed && !read_failure(rest, line)) return std::nullopt;
    return next_word(rest).empty() ? std::optional(line) : std::nullopt;
}

bool runner_report::take(std::string_view text) {
    const auto line = parse_runner_line(text);
    if (!line || (line->is != runner_line::word::in_flight && line->number > record_.orders())) {
        if (!accepted_form(text).empty() && misread_++ == 0) first_misread_ = text;
        return false;
    }
    switch (line->is) {
        case runner_line::word::start: start(); break;
        case runner_line::word::in_flight: in_flight_limit_ = line->number; break;
        case runner_line::word::begin:
            tells_begins_ = true;
            begun_.insert_or_assign(line->number, log_.begin(line->number));
            break;
        case runner_line::word::stored:
        case runner_line::word::failed: ended(*line); break;
    }
    return true;
}

std::string runner_report::misread_lines() const {
    if (misread_ == 0) return {};
    return fmt::format("{} not understood, first '{}': expected {} (ID: 1 to {})",
                       counted(misread_, "line was", "lines were"), printable(first_misread_, 60),
                       accepted_form(first_misread_), record_.orders());
}

/// Only the first one counts.
void runner_report::start() {
    if (std::exchange(started_, true)) return;
    record_.restart_clock();
    arrived_ = 0;
}

void runner_report::count_arrivals() {
    if (when_ == nullptr || record_.clock_stopped()) return;
    for (const auto due = when_->due_by(record_.elapsed()); arrived_ < due; ++arrived_) log_.offer();
}

/// Also for a failed order. A reported duration takes precedence over our own, since the line may have been buffered.
void runner_report::ended(const runner_line& line) {
    const auto begun = begun_.find(line.number);
    auto ticket = begun != begun_.end() ? begun->second : log_.begin(line.number);
    const auto now = clock::now();
    if (line.took) ticket.began = now - *line.took;
    else if (begun == begun_.end()) ticket.began = {};
    const bool begun_early = ticket.began != clock::time_point{} && ticket.began < ticket.arrived - early_tolerance;
    if (begun_early || now < ticket.arrived - early_tolerance) ++too_early_;
    log_.end(ticket, line.result);
    if (begun != begun_.end()) begun_.erase(begun);
}

}  // namespace pipebench

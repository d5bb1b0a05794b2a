// compare: compares two saved results; its exit code is for CI.
#include "analysis/comparison.hpp"
#include "cli/command.hpp"
#include "cli/options.hpp"
#include "cli/result_file.hpp"
#include "cli/result_output.hpp"
#include "cli/thresholds.hpp"
#include "report/comparison.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace pipebench {
namespace {

constexpr std::size_t most_named = 10;   // mismatches in one line
constexpr std::size_t value_limit = 40;  // bytes of each value in a mismatch

enum class on_mismatch : std::uint8_t { refuse, show };

class compare_command final : public command {
public:
    void declare(option_set& options) override;
    exit_code run() override;

private:
    [[nodiscard]] comparison compare_files() const;

    std::string base_, head_;
    std::vector<threshold> thresholds_;
    on_mismatch mismatch_ = on_mismatch::refuse;
    output_options output_;
};

void compare_command::declare(option_set& options) {
    options.text("base", "BASE", base_, "the old result, saved with --export-json").required();
    options.text("head", "HEAD", head_, "the new result, saved with --export-json").required();
    declare_thresholds(options, thresholds_);
    options.flag(
        "--allow-mismatch", [this] { mismatch_ = on_mismatch::show; },
        "compare anyway if machines, builds or parameters differ,\nor if rounds are too few");
    declare_output(options, output_, {"text", "markdown", "json"});
}

/// Makes one line of all differences.
setup_error incomparable(const std::vector<difference>& all) {
    std::vector<std::string> named;
    for (const auto& d : all)
        if (named.size() < most_named) named.push_back(describe(d, value_limit));
    const auto more = all.size() - named.size();
    return setup_error(fmt::format("not comparable: {}{} (use --allow-mismatch to compare anyway)",
                                   fmt::join(named, ", "), more > 0 ? fmt::format(" and {} more", more) : ""));
}

/// An open run's latency counts from the arrival and its rate is given: nothing of it compares with a closed run.
void require_same_load(const session_result& base, const session_result& head) {
    const auto open = [](const session_result& r) {
        return std::any_of(r.runs.begin(), r.runs.end(), [](const run_result& run) { return run.load.has_value(); });
    };
    if (open(base) == open(head)) return;
    throw setup_error(fmt::format("not comparable: orders arrive on a schedule (--rate) in {} only",
                                  open(base) ? "the base" : "the head"));
}

/// Throws setup_error if a verdict would be meaningless.
void require_comparable(const comparison& c) {
    if (!c.mismatches.empty()) throw incomparable(c.mismatches);
    if (c.lacks_samples() && !c.regressed())
        throw setup_error(c.advice + " (use --allow-mismatch to compare anyway)");
}

comparison compare_command::compare_files() const {
    const auto base = read_result_file(base_), head = read_result_file(head_);
    try {
        require_same_load(base, head);
        auto c = compare(base, head, {thresholds_});
        if (mismatch_ == on_mismatch::refuse) require_comparable(c);
        return c;
    } catch (const setup_error& e) {
        throw setup_error(fmt::format("{} (base) and {} (head): {}", printable(base_), printable(head_), e.what()));
    }
}

exit_code code_of(const comparison& c) {
    if (c.regressed()) return exit_code::check_failed;
    return c.untrusted.empty() ? exit_code::ok : exit_code::not_trustworthy;
}

renderer rendering_of(const comparison& c) {
    return [&c](std::string_view format, colours colour) {
        if (format == "markdown") return reporting::render_markdown(c);
        if (format == "json") return reporting::render_json(c);
        return reporting::render_text(c, colour);
    };
}

exit_code compare_command::run() try {
    const result_output output(output_);
    const auto c = compare_files();
    output.emit(rendering_of(c));
    return code_of(c);
} catch (const setup_error& e) {
    throw setup_error(fmt::format("compare: {}", e.what()));
}

}  // namespace

std::unique_ptr<command> make_compare() { return std::make_unique<compare_command>(); }

}  // namespace pipebench

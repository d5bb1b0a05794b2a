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
#include <utility>

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
    void settle_paths();
    [[nodiscard]] comparison compare_files() const;

    std::string first_, second_;  ///< without options
    std::vector<std::string> base_, head_;
    std::vector<threshold> thresholds_;
    on_mismatch mismatch_ = on_mismatch::refuse;
    output_options output_;
};

void compare_command::declare(option_set& options) {
    options.text("old", "BASE", first_, "the old result, saved with --export-json");
    options.text("new", "HEAD", second_, "the new result, saved with --export-json");
    options.several("--base", "FILE", base_, "old results, one or more sessions, in place of BASE");
    options.several("--head", "FILE", head_, "new results, one or more sessions, in place of HEAD");
    declare_thresholds(options, thresholds_);
    options.flag(
        "--allow-mismatch", [this] { mismatch_ = on_mismatch::show; },
        "compare anyway if machines, builds or parameters differ,\nor if rounds are too few");
    declare_output(options, output_, {"text", "markdown", "html", "json"});
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
void require_same_load(const std::vector<session_result>& base, const std::vector<session_result>& head) {
    const auto open = [](const session_result& r) {
        return std::any_of(r.runs.begin(), r.runs.end(), [](const run_result& run) { return run.load.has_value(); });
    };
    const auto in_base = std::count_if(base.begin(), base.end(), open);
    const auto in_head = std::count_if(head.begin(), head.end(), open);
    if (in_base + in_head == 0 || std::cmp_equal(in_base + in_head, base.size() + head.size())) return;
    throw setup_error(fmt::format("not comparable: orders arrive on a schedule (--rate) in {} only",
                                  in_head == 0   ? "the base"
                                  : in_base == 0 ? "the head"
                                                 : "some of them"));
}

/// Throws setup_error if a verdict would be meaningless.
void require_comparable(const comparison& c) {
    if (!c.mismatches.empty()) throw incomparable(c.mismatches);
    if (c.lacks_samples() && !c.regressed())
        throw setup_error(c.advice + " (use --allow-mismatch to compare anyway)");
}

/// "a.json", "a.json and 2 more"
std::string name_of(const std::vector<std::string>& paths) {
    const auto first = printable(paths.front());
    return paths.size() == 1 ? first : fmt::format("{} and {} more", first, paths.size() - 1);
}

std::vector<session_result> read_all(const std::vector<std::string>& paths) {
    std::vector<session_result> out;
    for (const auto& path : paths) out.push_back(read_result_file(path));
    return out;
}

/// Takes either BASE HEAD or --base and --head.
void compare_command::settle_paths() {
    const bool by_position = !first_.empty() || !second_.empty(), by_option = !base_.empty() || !head_.empty();
    if (by_position && !by_option && !second_.empty()) {
        base_ = {first_};
        head_ = {second_};
    } else if (by_position || base_.empty() || head_.empty()) {
        throw setup_error("give either BASE HEAD, or --base FILE... --head FILE...");
    }
    for (const auto* side : {&base_, &head_})
        if (side->size() > most_sessions_to_compare)
            throw setup_error(fmt::format("at most {} files a side", most_sessions_to_compare));
}

comparison compare_command::compare_files() const {
    const auto base = read_all(base_), head = read_all(head_);
    try {
        require_same_load(base, head);
        auto c = compare(base, head, {thresholds_});
        if (mismatch_ == on_mismatch::refuse) require_comparable(c);
        return c;
    } catch (const setup_error& e) {
        throw setup_error(fmt::format("{} (base) and {} (head): {}", name_of(base_), name_of(head_), e.what()));
    }
}

exit_code code_of(const comparison& c) {
    if (c.regressed()) return exit_code::check_failed;
    return c.untrusted.empty() ? exit_code::ok : exit_code::not_trustworthy;
}

renderer rendering_of(const comparison& c) {
    return [&c](std::string_view format, const look& how) {
        if (format == "markdown") return reporting::render_markdown(c);
        if (format == "html") return reporting::render_html(c);
        if (format == "json") return reporting::render_json(c);
        return reporting::render_text(c, how);
    };
}

exit_code compare_command::run() try {
    settle_paths();
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

// compare: two saved results, and an exit code for CI.
#include "analysis/comparison.hpp"
#include "cli/command.hpp"
#include "cli/export_files.hpp"
#include "cli/result_file.hpp"
#include "cli/terminal.hpp"
#include "cli/thresholds.hpp"
#include "cli/values.hpp"
#include "report/comparison.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <unistd.h>

#include <memory>

namespace pipebench {
namespace {

constexpr std::size_t most_named = 10;   // mismatches in one line
constexpr std::size_t value_limit = 40;  // bytes of each side of them

enum class on_mismatch : std::uint8_t { refuse, show };

struct compare_options {
    std::string base, head;
    thresholds_ptr thresholds = std::make_shared<std::vector<threshold>>();
    on_mismatch mismatch = on_mismatch::refuse;
    std::string format = "text";
    export_wishes exports = std::make_shared<std::vector<export_wish>>();
    colour_wish colour = colour_wish::automatic;
};

/// One line, however much differs.
setup_error incomparable(const std::vector<difference>& all) {
    std::vector<std::string> named;
    for (const auto& d : all)
        if (named.size() < most_named) named.push_back(describe(d, value_limit));
    const auto more = all.size() - named.size();
    return setup_error(fmt::format("not comparable: {}{} (--allow-mismatch compares them all the same)",
                                   fmt::join(named, ", "), more > 0 ? fmt::format(" and {} more", more) : ""));
}

/// Throws where a verdict would mean nothing.
void require_comparable(const comparison& c) {
    if (!c.mismatches.empty()) throw incomparable(c.mismatches);
    if (c.lacks_samples() && !c.regressed())
        throw setup_error(c.advice + " (--allow-mismatch shows them all the same)");
}

comparison compare_files(const compare_options& options) {
    const auto base = read_result_file(options.base), head = read_result_file(options.head);
    try {
        auto c = compare(base, head, {*options.thresholds});
        if (options.mismatch == on_mismatch::refuse) require_comparable(c);
        return c;
    } catch (const setup_error& e) {
        throw setup_error(
            fmt::format("{} (base) and {} (head): {}", printable(options.base), printable(options.head), e.what()));
    }
}

exit_code code_of(const comparison& c) {
    if (c.regressed()) return exit_code::check_failed;
    return c.untrusted.empty() ? exit_code::ok : exit_code::not_trustworthy;
}

std::string render(const comparison& c, std::string_view format, colours colour) {
    if (format == "markdown") return reporting::render_markdown(c);
    if (format == "json") return reporting::render_json(c);
    return reporting::render_text(c, colour);
}

exit_code carry_out(const compare_options& options) try {
    const export_files files(*options.exports);
    const auto c = compare_files(options);
    files.write([&](std::string_view format) { return render(c, format, colours::off); });
    if (!files.take_stdout()) print_result(render(c, options.format, colours_for(STDOUT_FILENO, options.colour)));
    return code_of(c);
} catch (const setup_error& e) {
    throw setup_error(fmt::format("compare: {}", e.what()));
}

}  // namespace

action declare_compare(CLI::App& app) {
    const auto options = std::make_shared<compare_options>();
    app.add_option("base", options->base, "a result saved with --export-json: what was")
        ->required()
        ->type_name("BASE");
    app.add_option("head", options->head, "another: what is now")->required()->type_name("HEAD");
    declare_thresholds(app, options->thresholds);
    app.add_flag_callback(
        "--allow-mismatch", [options] { options->mismatch = on_mismatch::show; },
        "compare different boxes, builds, parameters or patterns, or too few rounds, all the same, and show what "
        "differs");
    add_choice(app, "--format", {"text", "markdown", "json"}, "how to render it [text]",
               [options](const std::string& f) { options->format = f; });
    declare_exports(app, {"markdown", "json"}, options->exports);
    add_colour_option(app, options->colour);
    return [options] { return carry_out(*options); };
}

}  // namespace pipebench

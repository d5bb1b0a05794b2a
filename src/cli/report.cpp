// report: renders a saved result again, and asks it more. The same file gives the same bytes.
#include "analysis/assertion.hpp"
#include "analysis/metrics.hpp"
#include "cli/command.hpp"
#include "cli/result_file.hpp"
#include "cli/terminal.hpp"
#include "cli/values.hpp"
#include "pipebench/reporter.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <cstdio>
#include <memory>

namespace pipebench {
namespace {

struct report_options {
    std::string file;
    std::string format = "text";
    std::vector<std::string> assertions;
    colour_wish colour = colour_wish::automatic;
};

/// Of what is asked now: what was asked when it was measured had its exit code then.
std::vector<assertion_outcome> check(const std::vector<std::string>& assertions, const session_result& result) {
    const auto patterns = patterns_in(result);
    std::vector<assertion_outcome> out;
    for (const auto& text : assertions) out.push_back(assertion(text, patterns).check(result));
    return out;
}

exit_code render(const report_options& options) try {
    auto result = read_result_file(options.file);
    const auto asked = check(options.assertions, result);
    result.assertions.insert(result.assertions.end(), asked.begin(), asked.end());
    const auto text = find_reporter(options.format)->render(result, colours_for(STDOUT_FILENO, options.colour));
    std::fwrite(text.data(), 1, text.size(), stdout);
    return asked.empty() ? exit_code::ok : code_of(result, asked);
} catch (const setup_error& e) {
    throw setup_error(fmt::format("report: {}", e.what()));
}

}  // namespace

action declare_report(CLI::App& app) {
    const auto options = std::make_shared<report_options>();
    app.add_option("file", options->file, "a result saved with --export-json")->required()->type_name("FILE");
    std::vector<std::string> formats;
    for (const auto& r : reporters()) formats.emplace_back(r.id);
    add_choice(app, "--format", formats, "how to render it [text]",
               [options](const std::string& f) { options->format = f; });
    app.add_option("--assert", options->assertions,
                   "a condition; exit code 1 when it does not hold, 3 when the result is not to be trusted")
        ->type_name("CONDITION")
        ->allow_extra_args(false);
    add_colour_option(app, options->colour);
    return [options] { return render(*options); };
}

}  // namespace pipebench

// report: renders a saved result again, and evaluates further assertions. The same file gives the same bytes.
#include "analysis/assertion.hpp"
#include "analysis/metrics.hpp"
#include "cli/command.hpp"
#include "cli/options.hpp"
#include "cli/result_file.hpp"
#include "cli/result_output.hpp"
#include "pipebench/reporter.hpp"
#include "report/model.hpp"

#include <fmt/format.h>

namespace pipebench {
namespace {

class report_command final : public command {
public:
    void declare(option_set& options) override;
    exit_code run() override;

private:
    std::string file_;
    std::vector<std::string> assertions_;
    output_options output_;
};

void report_command::declare(option_set& options) {
    options.text("file", "FILE", file_, "a result saved with --export-json; - reads stdin").required();
    std::vector<std::string> formats;
    for (const auto& r : reporters()) formats.emplace_back(r.id);
    options.repeated("--assert", "CONDITION", assertions_,
                     "exit with 1 unless it holds, with 3 if the result is not trusted");
    declare_output(options, output_, formats);
}

/// Evaluates the assertions of this command. Those of the saved result determined the exit code of its measurement.
std::vector<assertion_outcome> check(const std::vector<std::string>& assertions, const session_result& result) {
    const auto patterns = patterns_in(result);
    std::vector<assertion_outcome> out;
    for (const auto& text : assertions) out.push_back(assertion(text, patterns).check(result));
    return out;
}

exit_code report_command::run() try {
    auto result = read_result_file(file_);
    const auto asked = check(assertions_, result);
    result.assertions.insert(result.assertions.end(), asked.begin(), asked.end());
    const auto model = model_of(result);
    result_output(output_).emit(
        [&](std::string_view format, const look& how) { return find_reporter(format)->render(model, how); });
    return asked.empty() ? exit_code::ok : code_of(result, asked);
} catch (const setup_error& e) {
    throw setup_error(fmt::format("report: {}", e.what()));
}

}  // namespace

std::unique_ptr<command> make_report() { return std::make_unique<report_command>(); }

}  // namespace pipebench

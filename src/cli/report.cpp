// report: renders a saved result again, and evaluates further assertions. The same file gives the same bytes.
#include "analysis/assertion.hpp"
#include "analysis/metrics.hpp"
#include "cli/command.hpp"
#include "cli/hgrm_files.hpp"
#include "cli/options.hpp"
#include "cli/result_file.hpp"
#include "cli/result_output.hpp"
#include "contracts/number_in.hpp"
#include "pipebench/reporter.hpp"
#include "report/model.hpp"
#include "report/percentiles.hpp"

#include <fmt/format.h>

namespace pipebench {
namespace {

class report_command final : public command {
public:
    void declare(option_set& options) override;
    exit_code run() override;

private:
    std::string file_;
    std::vector<std::string> assertions_, percentiles_;
    std::string hgrm_;
    output_options output_;
};

void report_command::declare(option_set& options) {
    options.text("file", "FILE", file_, "a result saved with --export-json; - reads stdin").required();
    std::vector<std::string> formats;
    for (const auto& r : reporters()) formats.emplace_back(r.id);
    options.repeated("--assert", "CONDITION", assertions_,
                     "exit with 1 unless it holds, with 3 if the result is not trusted");
    declare_output(options, output_, formats);
    options.list("--percentile", "P", percentiles_,
                 "print these percentiles instead, e.g. 99.95, from what was kept");
    declare_hgrm(options, hgrm_);
}

/// Evaluates the assertions of this command. Those of the saved result determined the exit code of its measurement.
std::vector<assertion_outcome> check(const std::vector<std::string>& assertions, const session_result& result) {
    const auto patterns = patterns_in(result);
    std::vector<assertion_outcome> out;
    for (const auto& text : assertions) out.push_back(assertion(text, patterns).check(result));
    return out;
}

std::vector<double> parse_percentiles(const std::vector<std::string>& texts) {
    std::vector<double> out;
    for (const auto& text : texts) {
        const auto value = number_in<double>(text);
        if (!value || !(*value > 0 && *value <= 100))
            throw setup_error(
                fmt::format("--percentile: '{}' is none: above 0, and 100 at most", printable(text, 40)));
        out.push_back(*value);
    }
    return out;
}

std::string percentiles_of(const report_model& m, const std::vector<double>& asked, std::string_view format,
                           const look& how) {
    std::vector<pattern_summary> rows;
    for (const auto& part : m.scenarios) rows.insert(rows.end(), part.patterns.begin(), part.patterns.end());
    const auto table = reporting::percentile_table(rows, asked);
    if (format == "text") return reporting::to_text(table, how);
    if (format == "markdown") return reporting::to_markdown(table);
    throw setup_error("--percentile: prints text or markdown");
}

exit_code report_command::run() try {
    auto result = read_result_file(file_);
    const auto asked = check(assertions_, result);
    result.assertions.insert(result.assertions.end(), asked.begin(), asked.end());
    if (!hgrm_.empty()) require_hgrm_directory(hgrm_);
    const auto model = model_of(result);
    const auto asked_for = parse_percentiles(percentiles_);
    result_output(output_).emit([&](std::string_view format, const look& how) {
        return asked_for.empty() ? find_reporter(format)->render(model, how)
                                 : percentiles_of(model, asked_for, format, how);
    });
    if (!hgrm_.empty()) write_hgrm_files(hgrm_, result);
    return asked.empty() ? exit_code::ok : code_of(result, asked);
} catch (const setup_error& e) {
    throw setup_error(fmt::format("report: {}", e.what()));
}

}  // namespace

std::unique_ptr<command> make_report() { return std::make_unique<report_command>(); }

}  // namespace pipebench

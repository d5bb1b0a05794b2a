// list: prints the available patterns, profiles, scenarios, formats and metrics.
#include "analysis/metrics.hpp"
#include "cli/command.hpp"
#include "cli/profiles.hpp"
#include "cli/terminal.hpp"
#include "contracts/scenario.hpp"
#include "pipebench/pattern.hpp"
#include "pipebench/reporter.hpp"
#include "report/text_table.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include <string_view>

namespace pipebench {
namespace {

void print_entry(std::string_view name, std::string_view text) {
    fmt::print("{}", reporting::entry(fmt::format("  {}", name), text, 20, terminal_width(STDOUT_FILENO)));
}

exit_code list_all() {
    fmt::print("Patterns (--pattern):\n");
    for (const pattern& p : patterns()) print_entry(p.id, p.summary);
    fmt::print("\nProfiles (--profile):\n");
    for (const profile& p : profiles()) print_entry(p.id, p.question);
    fmt::print("\nScenarios (--scenario):\n");
    for (const scenario& s : scenarios()) print_entry(s.name, s.summary);
    fmt::print("\nFormats (report --format, --export-...):\n");
    for (const reporter& r : reporters()) print_entry(r.id, r.summary);
    fmt::print("\nMetrics (--assert 'PATTERN.METRIC ...', --threshold METRIC=SHARE;\n* is compared by default):\n");
    for (const metric& m : metrics())
        print_entry(m.id, fmt::format("{}{}{}", m.title, m.unit.empty() ? "" : fmt::format(", {}", m.unit),
                                      m.is_compared() ? fmt::format(" *{:.0f}%", 100 * m.relative_threshold) : ""));
    return exit_code::ok;
}

}  // namespace

std::unique_ptr<command> make_list() { return without_options(list_all); }

}  // namespace pipebench

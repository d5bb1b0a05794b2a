// list: prints the available patterns, profiles, scenarios, formats and metrics.
#include "analysis/metrics.hpp"
#include "cli/command.hpp"
#include "cli/profiles.hpp"
#include "contracts/scenario.hpp"
#include "pipebench/pattern.hpp"
#include "pipebench/reporter.hpp"

#include <fmt/format.h>

namespace pipebench {
namespace {

exit_code list_all() {
    fmt::print("Patterns (--pattern):\n");
    for (const pattern& p : patterns()) fmt::print("  {:<14}  {}\n", p.id, p.summary);
    fmt::print("\nProfiles (--profile):\n");
    for (const profile& p : profiles()) fmt::print("  {:<14}  {}\n", p.id, p.question);
    fmt::print("\nScenarios (--scenario):\n");
    for (const scenario& s : scenarios()) fmt::print("  {:<14}  {}\n", s.name, s.summary);
    fmt::print("\nFormats (report --format, --export-...):\n");
    for (const reporter& r : reporters()) fmt::print("  {:<14}  {}\n", r.id, r.summary);
    fmt::print("\nMetrics (--assert 'PATTERN.METRIC ...', --threshold METRIC=SHARE; * is compared by default):\n");
    for (const metric& m : metrics())
        fmt::print("  {:<16}  {}{}{}\n", m.id, m.title, m.unit.empty() ? "" : fmt::format(", {}", m.unit),
                   m.is_compared() ? fmt::format(" *{:.0f}%", 100 * m.relative_threshold) : "");
    return exit_code::ok;
}

}  // namespace

std::unique_ptr<command> make_list() { return without_options(list_all); }

}  // namespace pipebench

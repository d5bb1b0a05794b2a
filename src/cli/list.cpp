// list: what there is to choose from.
#include "cli/command.hpp"
#include "cli/profiles.hpp"
#include "pipebench/pattern.hpp"
#include "pipebench/reporter.hpp"

#include <fmt/format.h>

namespace pipebench {
namespace {

exit_code list_all() {
    fmt::print("Patterns (--pattern):\n");
    for (const pattern& p : patterns()) fmt::print("  {:<14} {}\n", p.id, p.summary);
    fmt::print("\nProfiles (--profile):\n");
    for (const profile& p : profiles()) fmt::print("  {:<14} {}\n", p.id, p.question);
    fmt::print("\nFormats (report --format, --export-...):\n");
    for (const reporter& r : reporters()) fmt::print("  {:<14} {}\n", r.id, r.summary);
    return exit_code::ok;
}

}  // namespace

action declare_list(CLI::App&) { return list_all; }

}  // namespace pipebench

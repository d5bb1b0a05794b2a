#include "pipebench/reporter.hpp"

#include "report/formats.hpp"

#include <algorithm>
#include <array>

namespace pipebench {
namespace {

constexpr std::array<reporter, 8> table{{
    {"text", "aligned tables for a terminal", reporting::render_text},
    {"markdown", "GitHub tables for issues and READMEs", reporting::render_markdown},
    {"html", "one page with charts, which needs no other file and no network", reporting::render_html},
    {"csv", "one line per run, every number at full precision (RFC 4180)", reporting::render_csv},
    {"json", "the whole result (pipebench.result/1), which `pipebench report` reads again", reporting::render_json},
    {"github-smaller", "time, CPU, latency, memory, errors for github-action-benchmark (customSmallerIsBetter)",
     reporting::render_github_smaller},
    {"github-bigger", "throughput for github-action-benchmark (customBiggerIsBetter)",
     reporting::render_github_bigger},
    {"bencher", "Bencher Metric Format (bencher.dev)", reporting::render_bencher},
}};

}  // namespace

std::span<const reporter> reporters() noexcept { return table; }

const reporter* find_reporter(std::string_view id) noexcept {
    const auto at = std::find_if(table.begin(), table.end(), [&](const reporter& r) { return r.id == id; });
    return at == table.end() ? nullptr : &*at;
}

}  // namespace pipebench

#include "cli/trace_options.hpp"

#include "cli/options.hpp"
#include "contracts/span_log.hpp"
#include "contracts/units.hpp"
#include "report/trace.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pipebench {
namespace {

constexpr const char* file_option = "--trace";
constexpr const char* share_option = "--trace-sample";

double parse_sample(const std::string& text) {
    const auto share = parse_share(text);
    if (!share || *share <= 0)
        throw setup_error(
            fmt::format("'{}' is not a share above 0% and up to 100%, such as 1%", printable(text, 60)));
    return *share;
}

bool takes_any(const trace_sampling& sampling, std::uint64_t orders) {
    for (order_id id = 1; id <= orders; ++id)
        if (sampling.takes(id)) return true;
    return false;
}

}  // namespace

void declare_trace(option_set& options, trace_options& o) {
    options.text(file_option, "FILE", o.path,
                 "also write what sampled orders did, as a Chrome trace (docs/cost.md); Perfetto opens it");
    options.once(
        share_option, "PERCENT", [&o](auto& text) { o.share = parse_sample(text); },
        fmt::format("share of the orders that --trace has [{:g}%]", 100 * default_trace_share));
}

void use_trace(const trace_options& options, session_settings& s) {
    if (options.path.empty()) {
        if (options.share) throw setup_error(fmt::format("{}: is for {} FILE: add it", share_option, file_option));
        return;
    }
    if (s.join)
        throw setup_error(fmt::format("{}: workers elsewhere do not tell it what they do; leave it out with "
                                      "--expect-workers",
                                      file_option));
    if (s.watch == watching::end_only)
        throw setup_error(fmt::format("{}: --no-watch leaves out all times; leave one out", file_option));
    if (std::ranges::all_of(s.contestants, [](const auto& c) { return c->reports() == order_reports::in_lines; }))
        throw setup_error(fmt::format("{}: a --runner does not tell what its orders do: add a pattern", file_option));
    const double share = options.share.value_or(default_trace_share);
    const auto sampling = sample_of(share, s.work.seed);
    if (!takes_any(sampling, s.work.orders))
        throw setup_error(fmt::format("{}: none of the {} orders is in a sample of {:g}%: take more with {}",
                                      file_option, s.work.orders, 100 * share, share_option));
    s.trace_share = share;
}

trace_output::trace_output(const trace_options& options) {
    if (options.path.empty()) return;
    file_.emplace(file_option, options.path);
    if (file_->is_stdout()) throw setup_error(fmt::format("{}: needs a file: stdout has the result", file_option));
}

void trace_output::write(const session_settings& s, const session_outcome& outcome, const patience& until) const {
    if (!file_) return;
    file_->write(reporting::to_trace({outcome.traces, s.trace_share, s.work.seed, outcome.spans_beyond}), until);
}

}  // namespace pipebench

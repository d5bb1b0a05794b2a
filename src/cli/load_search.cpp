#include "cli/load_search.hpp"

#include "report/load_search.hpp"

#include <fmt/format.h>

namespace pipebench {
namespace {

bool is_given(const work_options& work, const std::string& option) {
    return work.changes.contains(&parameter_of(option)) || work.lists.given.contains(option);
}

/// Every point has a rate and a length of its own; until then, the work has these.
constexpr const char *any_rate = "100/s", *any_length = "1h";

}  // namespace

load_search_request request_of(const session_options& given, std::string_view search,
                               const std::vector<std::string>& chosen) {
    for (const auto& option : chosen)
        if (is_given(given.work, option))
            throw setup_error(fmt::format("{}: chooses {} itself; leave it out", search, option));
    if (is_given(given.work, "--orders"))
        throw setup_error(
            fmt::format("{}: a run lasts as long as the objectives require, or as --duration says; leave "
                        "out -n",
                        search));
    if (!is_set(given.work, "--slo"))
        throw setup_error(fmt::format("{}: needs an objective, such as --slo 'p99<500ms'", search));
    if (given.rounds != 1 || given.warmup != 0)
        throw setup_error(fmt::format("{}: runs every point once; leave out --repeat and --warmup", search));
    load_search_request out{given, std::nullopt};
    if (!is_set(given.work, "--rate")) out.session.work.set("--rate", any_rate);
    if (is_given(given.work, "--duration")) {
        workload scratch;
        const parameter& p = parameter_of("--duration");
        p.value.parse(scratch, given.work.changes.at(&p));
        if (scratch.arrive.time > duration{}) out.length = scratch.arrive.time;
    }
    if (!out.length) out.session.work.set("--duration", any_length);
    return out;
}

renderer rendering_of(const load_search_outcome& s) {
    return [&s](std::string_view format, const look& how) {
        if (format == "markdown") return reporting::render_markdown(s);
        if (format == "html") return reporting::render_html(s);
        if (format == "json") return reporting::render_json(s);
        if (format == "csv") return reporting::render_csv(s);
        return reporting::render_text(s, how);
    };
}

load_search_observer observer_for(const result_output& output, verbosity speech) {
    load_search_observer out;
    out.session = make_progress_observer(speech);
    out.can_be_saved = [&output](const load_search_outcome& so_far) { output.save(rendering_of(so_far)); };
    return out;
}

exit_code code_of(const load_search_outcome& s) {
    if (s.signal != 0) return code_of_signal(s.signal);
    if (!is_trustworthy(s)) return exit_code::not_trustworthy;
    return has_answers(s) ? exit_code::ok : exit_code::check_failed;
}

exit_code finish(const load_search_outcome& s, const result_output& output, std::string_view search) {
    output.emit(rendering_of(s));
    if (!s.failure.empty()) throw setup_error(fmt::format("{}: {}", search, s.failure));
    return code_of(s);
}

}  // namespace pipebench

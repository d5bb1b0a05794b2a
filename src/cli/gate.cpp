// gate: compares an old binary with this one in one session; its exit code is for CI.
#include "session/gate.hpp"
#include "cli/command.hpp"
#include "cli/event_file.hpp"
#include "cli/metrics_options.hpp"
#include "cli/options.hpp"
#include "cli/progress.hpp"
#include "cli/result_output.hpp"
#include "cli/server_options.hpp"
#include "cli/shell.hpp"
#include "cli/terminal.hpp"
#include "cli/thresholds.hpp"
#include "cli/work_options.hpp"
#include "report/gate.hpp"
#include "session/gate_binaries.hpp"
#include "session/session_patience.hpp"
#include "system/environment.hpp"

#include <fmt/format.h>

namespace pipebench {
namespace {

class gate_command final : public command {
public:
    gate_command() {
        work_.profile = "capacity";
        work_.set("--orders", "5k");
    }
    void declare(option_set& options) override;
    exit_code run() override;

private:
    [[nodiscard]] gate_settings settings() const;

    std::string base_, head_;
    work_options work_;
    server_choice servers_;
    std::vector<threshold> thresholds_;
    std::uint64_t rounds_ = default_gate_rounds;
    duration run_limit_ = std::chrono::minutes(10);
    bool allow_mismatch_ = false;
    output_options output_;
    metrics_options metrics_;
    verbosity speech_ = verbosity::normal;
};

void gate_command::declare(option_set& options) {
    options.group("What to compare");
    options.text("--baseline", "BINARY", base_, "path of the old pipebench").required();
    options.text("--head", "BINARY", head_, "path of the new pipebench [this one]");
    options.value("-r,--repeat", count_form({fewest_gate_rounds, 1000}), rounds_, "rounds");
    declare_thresholds(options, thresholds_);
    options.flag("--allow-mismatch", allow_mismatch_, "compare anyway if builds or parameters differ");
    options.value("--run-limit", duration_form({std::chrono::seconds{1}, std::chrono::hours{24}}), run_limit_,
                  "time limit for one run of either binary");
    declare_work(options, work_);
    declare_servers(options, servers_);
    options.group("Output (the verdict goes to stdout, all else to stderr)");
    declare_output(options, output_, {"text", "markdown", "html", "json"});
    declare_metrics(options, metrics_);
    declare_events(options, output_.events);
    declare_quiet(options, speech_);
}

gate_settings gate_command::settings() const {
    gate_settings s;
    s.own_binary = own_binary();
    s.base = base_;
    s.head = head_.empty() ? s.own_binary : head_;
    s.patterns = patterns_of(work_);
    s.work = workload_of(work_);
    s.work_arguments = work_arguments(work_);
    s.command = printable_command();
    s.servers = servers_;
    check_addresses(s.servers);
    s.rounds = rounds_;
    s.thresholds = thresholds_;
    s.run_limit = run_limit_;
    s.allow_mismatch = allow_mismatch_;
    return s;
}

renderer rendering_of(const gate_outcome& g) {
    return [&g](std::string_view format, const look& how) {
        if (format == "markdown") return reporting::render_markdown(g);
        if (format == "html") return reporting::render_html(g);
        if (format == "json") return reporting::render_json(g);
        return reporting::render_text(g, how);
    };
}

exit_code gate_command::run() {
    const auto asked = settings();
    const result_output output(output_);
    const auto metrics = open_metrics(metrics_, "gate", speech_);
    event_file events(output_.events);
    gate_observer observer;
    observer.happened = [&events](const event& e) { events.write(e); };
    if (speech_ == verbosity::normal) observer.message = [](const std::string& text) { tell_line("gate: " + text); };
    observer.can_be_saved = [&](const gate_outcome& so_far) { output.save(rendering_of(so_far)); };
    signal_watch signals;
    gate_binaries binaries(asked, signals);  // ends the servers after the result is out
    if (metrics) tell_feed(*metrics, asked, observer);
    const auto outcome = run_gate(asked, observer, binaries, signals);
    output.emit(rendering_of(outcome), session_patience(signals, {}).at_the_end);
    if (!outcome.failure.empty()) throw setup_error(outcome.failure);
    return code_of(outcome);
}

}  // namespace

std::unique_ptr<command> make_gate() { return std::make_unique<gate_command>(); }

}  // namespace pipebench

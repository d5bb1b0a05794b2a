// watch: shows on a terminal what a session or worker with --metrics does, or what a file with its status says.
#include "cli/command.hpp"
#include "cli/options.hpp"
#include "cli/result_output.hpp"
#include "cli/terminal.hpp"
#include "contracts/error.hpp"
#include "watch/viewer.hpp"

#include <unistd.h>

#include <string>

namespace pipebench {
namespace {

enum class started_by : std::uint8_t { user, session };

class watch_command final : public command {
public:
    explicit watch_command(started_by who) : who_(who) {}
    void declare(option_set& options) override;
    exit_code run() override;

private:
    started_by who_;
    std::string subject_;
    colour_choice colour_ = colour_choice::automatic;
};

void watch_command::declare(option_set& options) {
    options
        .text("subject", "URL|FILE", subject_,
              "http://HOST:PORT of --metrics, or a file of /status documents, one per line")
        .required();
    declare_colour(options, colour_);
}

exit_code watch_command::run() {
    view_settings settings;
    settings.subject = subject_;
    settings.with = colours_for(STDOUT_FILENO, colour_);
    if (has_live_line(STDOUT_FILENO)) settings.kind = view_kind::full_screen;
    if (who_ == started_by::session) {
        settings.at_end = last_words::none;
        settings.leaving = "q leaves; the run goes on";
    }
    show_session(settings);
    return exit_code::ok;
}

}  // namespace

std::unique_ptr<command> make_watch() { return std::make_unique<watch_command>(started_by::user); }
std::unique_ptr<command> make_watch_child() { return std::make_unique<watch_command>(started_by::session); }

}  // namespace pipebench

#include "cli/event_file.hpp"

#include "cli/options.hpp"
#include "cli/terminal.hpp"
#include "contracts/error.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstring>
#include <ctime>
#include <utility>

namespace pipebench {
namespace {

/// A named pipe that nobody reads is refused at once, and not waited for.
descriptor open_to_write(const std::string& path) {
    if (path == "-") return descriptor(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    return descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC, 0666));
}

}  // namespace

void declare_events(option_set& options, std::string& path) {
    options.text("--events", "FILE", path, "also write what happens, a line of JSON each; - is stdout");
}

std::string line_of(const event& e, std::int64_t milliseconds_since_1970) {
    const auto seconds = static_cast<std::time_t>(milliseconds_since_1970 / 1000);
    auto out = nlohmann::ordered_json::object();
    out["time"] = fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds), milliseconds_since_1970 % 1000);
    const auto object = to_object(e);
    for (const auto& [name, value] : object.items()) out[name] = value;
    return out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

event_file::event_file(std::string path) : path_(std::move(path)) {
    if (path_.empty()) return;
    file_ = open_to_write(path_);
    if (!file_.is_open()) throw system_failure("--events: cannot write " + printable(path_), errno);
}

void event_file::write(event e) {
    if (!file_.is_open()) return;
    using namespace std::chrono;
    const auto now = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
    if (left_out_ > 0) e.fields["left_out"] = left_out_;
    const auto why = write_line((is_cut_ ? "\n" : "") + line_of(e, now) + "\n");
    left_out_ = why.empty() ? 0 : left_out_ + 1;
    if (!why.empty() && !std::exchange(has_warned_, true))
        tell(fmt::format("pipebench: warning: --events: cannot write {}: {}; the run goes on\n",
                         path_ == "-" ? "to stdout" : printable(path_), why));
}

/// A pipe that is ready takes PIPE_BUF bytes without blocking.
std::string event_file::write_line(std::string_view line) {
    for (auto rest = line; !rest.empty();) {
        if (!may_write()) return "nobody reads it";
        const auto n = ::write(file_.get(), rest.data(), std::min<std::size_t>(rest.size(), PIPE_BUF));
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n < 0) return std::strerror(errno);
        rest.remove_prefix(static_cast<std::size_t>(n));
        is_cut_ = !rest.empty();
    }
    return {};
}

/// The run waits meanwhile: so all waits together are bounded, whatever the reader's pace.
bool event_file::may_write() {
    using clock = std::chrono::steady_clock;
    pollfd ready{file_.get(), POLLOUT, 0};
    if (::poll(&ready, 1, 0) > 0) return true;
    const auto began = clock::now();
    const bool is_ready = ::poll(&ready, 1, static_cast<int>(may_wait_.count())) > 0;
    const auto waited = std::chrono::ceil<std::chrono::milliseconds>(clock::now() - began);
    may_wait_ -= std::min(may_wait_, waited);
    return is_ready;
}

}  // namespace pipebench

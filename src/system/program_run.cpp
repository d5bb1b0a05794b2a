#include "system/program_run.hpp"

#include "contracts/error.hpp"
#include "system/output_pipe.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace pipebench {
namespace {

using clock = std::chrono::steady_clock;
using ending = program_output::ending;

/// Kills the processes that the program left in its process group.
class group_end {
public:
    explicit group_end(pid_t group) noexcept : group_(group) {}
    group_end(const group_end&) = delete;
    group_end& operator=(const group_end&) = delete;
    ~group_end() { ::kill(-group_, SIGKILL); }

private:
    pid_t group_;
};

class running_program {
public:
    running_program(child_settings settings, const program_limits& limits, const patience& until)
        : limits_(limits), until_(until), child_(start(std::move(settings))), group_(child_.pid()) {
        out_.close_write_end();
        err_.close_write_end();
    }

    program_output finish() {
        std::optional<child_end> end;
        while (!end) {
            wait();
            drain();
            end = child_.wait_for(std::chrono::milliseconds(0));
            if (end) break;
            seen_.how = reason_to_stop();
            if (seen_.how != ending::by_itself) end = child_.stop(SIGTERM, limits_.patience);
        }
        drain();
        if (seen_.how == ending::by_itself && printed_too_much()) seen_.how = ending::printed_too_much;
        seen_.end = *end;
        return std::move(seen_);
    }

private:
    child_process start(child_settings settings) {
        settings.descriptors[1] = out_.write_end();
        settings.descriptors[2] = err_.write_end();
        return child_process::spawn(settings);
    }

    /// Until the program ends, prints, or a signal arrives.
    void wait() const {
        constexpr std::chrono::milliseconds look_again{2};
        std::array<pollfd, 3> waiting{
            {{child_.pid_descriptor(), POLLIN, 0}, {out_.read_end(), POLLIN, 0}, {err_.read_end(), POLLIN, 0}}};
        // Without a descriptor of the process nothing wakes us at its end: look again soon.
        const auto next = child_.pid_descriptor() < 0 ? std::min(deadline_, clock::now() + look_again) : deadline_;
        static_cast<void>(until_.wait(waiting, next));  // finish() looks at the reason
    }

    void drain() {
        out_.drain_into(seen_.out, limits_.out_bytes);
        err_.drain_into(seen_.err, limits_.err_bytes);
        if (seen_.err.size() > limits_.err_bytes) seen_.err.erase(0, seen_.err.size() - limits_.err_bytes);
    }

    [[nodiscard]] ending reason_to_stop() const {
        if (until_.is_over()) return ending::signalled;
        if (printed_too_much()) return ending::printed_too_much;
        return clock::now() >= deadline_ ? ending::out_of_time : ending::by_itself;
    }

    [[nodiscard]] bool printed_too_much() const { return seen_.out.size() > limits_.out_bytes; }

    const program_limits& limits_;
    const patience& until_;
    output_pipe out_, err_;
    child_process child_;
    group_end group_;
    const clock::time_point deadline_ = clock::now() + limits_.time;
    program_output seen_;
};

}  // namespace

std::string program_output::last_words() const {
    std::string_view rest = err;
    while (!rest.empty() && (rest.back() == '\n' || rest.back() == ' ')) rest.remove_suffix(1);
    const auto line = rest.substr(rest.rfind('\n') + 1);
    return line.empty() ? "it ended: " + end.describe() : printable(line, 300);
}

program_output run_program(child_settings settings, const program_limits& limits, const patience& until) {
    return running_program(std::move(settings), limits, until).finish();
}

}  // namespace pipebench

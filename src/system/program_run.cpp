#include "system/program_run.hpp"

#include "contracts/error.hpp"
#include "system/output_pipe.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <limits>
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
    running_program(child_settings settings, const program_limits& limits, signal_watch* signals)
        : limits_(limits), signals_(signals), child_(start(std::move(settings))), group_(child_.pid()) {
        out_.close_write_end();
        err_.close_write_end();
    }

    program_output finish() {
        std::optional<child_end> end;
        while (!end) {
            wait();
            if (signals_ != nullptr) signals_->poll();  // also after its end: our caller reads their number
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
        std::array<pollfd, 4> waiting{{{child_.pid_descriptor(), POLLIN, 0},
                                       {signals_ != nullptr ? signals_->native() : -1, POLLIN, 0},
                                       {out_.read_end(), POLLIN, 0},
                                       {err_.read_end(), POLLIN, 0}}};
        // Without a descriptor of the process nothing wakes us at its end: look again soon.
        const std::int64_t longest = child_.pid_descriptor() < 0 ? 2 : std::numeric_limits<int>::max();
        const auto ms = std::clamp<std::int64_t>(time_left().count() + 1, 1, longest);
        ::poll(waiting.data(), waiting.size(), static_cast<int>(ms));
    }

    void drain() {
        out_.drain_into(seen_.out, limits_.out_bytes);
        err_.drain_into(seen_.err, limits_.err_bytes);
        if (seen_.err.size() > limits_.err_bytes) seen_.err.erase(0, seen_.err.size() - limits_.err_bytes);
    }

    [[nodiscard]] ending reason_to_stop() const {
        if (signals_ != nullptr && signals_->count() > 0) return ending::signalled;
        if (printed_too_much()) return ending::printed_too_much;
        return time_left().count() <= 0 ? ending::out_of_time : ending::by_itself;
    }

    [[nodiscard]] bool printed_too_much() const { return seen_.out.size() > limits_.out_bytes; }
    [[nodiscard]] std::chrono::milliseconds time_left() const {
        return std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - clock::now());
    }

    const program_limits& limits_;
    signal_watch* signals_;
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

program_output run_program(child_settings settings, const program_limits& limits, signal_watch& signals) {
    return running_program(std::move(settings), limits, &signals).finish();
}

program_output run_program(child_settings settings, const program_limits& limits) {
    return running_program(std::move(settings), limits, nullptr).finish();
}

}  // namespace pipebench

#include "system/program_run.hpp"

#include "contracts/error.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

namespace pipebench {
namespace {

using clock = std::chrono::steady_clock;
using ending = program_output::ending;

/// A pipe that the program writes into.
class captured_stream {
public:
    captured_stream() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw system_failure("cannot make a pipe", errno);
        in_ = descriptor(ends[0]);
        out_ = descriptor(ends[1]);
        ::fcntl(in_.get(), F_SETFL, O_NONBLOCK);
    }
    [[nodiscard]] int write_end() const noexcept { return out_.get(); }
    [[nodiscard]] int read_end() const noexcept { return in_.get(); }  ///< -1 at its end
    void close_write_end() noexcept { out_.reset(); }
    [[nodiscard]] std::string& text() noexcept { return text_; }

    /// What is there, until the text is longer than `limit`: who writes without end would never let us go.
    void drain(std::size_t limit) {
        std::array<char, 65536> part{};
        while (in_.is_open() && text_.size() <= limit) {
            const auto n = ::read(in_.get(), part.data(), part.size());
            if (n > 0) text_.append(part.data(), static_cast<std::size_t>(n));
            else if (n == 0) in_.reset();
            else return;
        }
    }

private:
    descriptor in_, out_;
    std::string text_;
};

void keep_last(std::string& text, std::size_t bytes) {
    if (text.size() > bytes) text.erase(0, text.size() - bytes);
}

/// What the program started and left behind is of its process group: that ends with it, however we leave.
class group_end {
public:
    explicit group_end(pid_t group) noexcept : group_(group) {}
    group_end(const group_end&) = delete;
    group_end& operator=(const group_end&) = delete;
    ~group_end() { ::kill(-group_, SIGKILL); }

private:
    pid_t group_;
};

}  // namespace

std::string program_output::last_words() const {
    std::string_view rest = err;
    while (!rest.empty() && (rest.back() == '\n' || rest.back() == ' ')) rest.remove_suffix(1);
    const auto line = rest.substr(rest.rfind('\n') + 1);
    return line.empty() ? "it ended: " + end.describe() : printable(line, 300);
}

program_output run_program(child_settings settings, const program_limits& limits, signal_watch& signals) {
    captured_stream out, err;
    settings.descriptors[1] = out.write_end();
    settings.descriptors[2] = err.write_end();
    auto child = child_process::spawn(settings);
    const group_end all_of_it(child.pid());
    out.close_write_end();
    err.close_write_end();
    const auto deadline = clock::now() + limits.time;
    program_output seen;
    std::optional<child_end> ended;
    while (!ended) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - clock::now());
        std::array<pollfd, 4> waiting{{{child.pid_descriptor(), POLLIN, 0},
                                       {signals.native(), POLLIN, 0},
                                       {out.read_end(), POLLIN, 0},
                                       {err.read_end(), POLLIN, 0}}};
        ::poll(waiting.data(), waiting.size(), static_cast<int>(std::max<std::int64_t>(0, left.count())) + 1);
        out.drain(limits.out_bytes);
        err.drain(limits.err_bytes);
        keep_last(err.text(), limits.err_bytes);
        signals.poll();
        ended = child.wait_for(std::chrono::milliseconds(0));
        if (ended) break;
        if (signals.count() > 0) seen.how = ending::signalled;
        else if (out.text().size() > limits.out_bytes) seen.how = ending::printed_too_much;
        else if (left.count() <= 0) seen.how = ending::out_of_time;
        if (seen.how != ending::by_itself) ended = child.stop(SIGTERM, limits.patience);
    }
    out.drain(limits.out_bytes);
    err.drain(limits.err_bytes);
    if (seen.how == ending::by_itself && out.text().size() > limits.out_bytes) seen.how = ending::printed_too_much;
    seen.end = *ended;
    seen.out = std::move(out.text());
    seen.err = std::move(err.text());
    keep_last(seen.err, limits.err_bytes);
    return seen;
}

}  // namespace pipebench

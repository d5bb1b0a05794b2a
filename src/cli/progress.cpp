#include "cli/progress.hpp"

#include "cli/options.hpp"
#include "cli/terminal.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include <chrono>
#include <memory>

namespace pipebench {
namespace {

using clock = std::chrono::steady_clock;

constexpr auto live_interval = std::chrono::milliseconds(200);
constexpr auto plain_interval = std::chrono::seconds(5);

class progress_line {
public:
    progress_line() : live_(has_live_line(STDERR_FILENO)) {}

    void message(const std::string& text) { print(text); }

    void starts(const contestant& c, const run_place& place, std::chrono::duration<double> floor) {
        where_ = place.warmup       ? fmt::format("warm-up {}/{}, ", place.round, place.rounds)
                 : place.rounds > 1 ? fmt::format("round {}/{}, ", place.round, place.rounds)
                                    : "";
        if (!place.scenario.empty()) where_ += place.scenario + ", ";
        floor_ = floor;
        next_ = clock::now() + (live_ ? std::chrono::milliseconds(0) : std::chrono::milliseconds(plain_interval));
        if (!live_) print(fmt::format("{}{}: started, floor {:.1f} s", where_, c.id(), floor.count()));
    }

    void goes(const contestant& c, const recorder& record, std::uint64_t rss) {
        if (clock::now() < next_) return;
        next_ = clock::now() +
                (live_ ? std::chrono::milliseconds(live_interval) : std::chrono::milliseconds(plain_interval));
        const auto text = describe(c, record, rss);
        if (live_) show(text);
        else print(text);
    }

    void ended(const run_result& r) {
        if (!r.ledger.checked) return print(fmt::format("{}{}: {}", where_, r.pattern, r.verdict.text));
        print(fmt::format("{}{}: {:.2f} s, {:.0f} orders/s, {} failed, {} lost: {}", where_, r.pattern, r.time_s,
                          r.orders_per_s, r.not_stored(), r.ledger.lost, r.verdict.text));
    }

private:
    [[nodiscard]] std::string describe(const contestant& c, const recorder& record, std::uint64_t rss) const {
        const auto now = record.read();
        const double elapsed_s = std::chrono::duration<double>(record.elapsed()).count();
        const double rate = elapsed_s > 0 ? static_cast<double>(now.ended()) / elapsed_s : 0;
        const auto left = record.orders() - std::min(record.orders(), now.ended());
        // Before the first order has ended, only the floor is known.
        const double left_s = rate > 0 ? static_cast<double>(left) / rate : std::max(0.0, floor_.count() - elapsed_s);
        const auto waiting = now.queued > 1 ? fmt::format(", {} waiting", now.queued) : "";
        return fmt::format("{}{}: {}/{} done, {} in flight{}, {:.0f}/s, {} failed, {} MB, {:.0f} s left", where_,
                           c.id(), now.ended(), record.orders(), now.in_flight(), waiting, rate, now.failed,
                           rss / 1'000'000, left_s);
    }

    void show(std::string text) {
        text.resize(std::min(text.size(), terminal_width(STDERR_FILENO) - 1));
        tell(fmt::format("\r\033[K{}", text));
        line_shown_ = true;
    }

    void print(const std::string& text) {
        tell(fmt::format("{}{}\n", line_shown_ ? "\r\033[K" : "", text));
        line_shown_ = false;
    }

    bool live_;
    std::string where_;  ///< the round, if there are several
    bool line_shown_ = false;
    clock::time_point next_{};
    std::chrono::duration<double> floor_{};
};

}  // namespace

void declare_quiet(option_set& options, verbosity& speech) {
    options.flag(
        "-q,--quiet", [&speech] { speech = verbosity::quiet; }, "no progress on stderr");
}

session_observer make_progress_observer(verbosity v) {
    if (v == verbosity::quiet) return {};
    const auto line = std::make_shared<progress_line>();
    session_observer out;
    out.message = [line](const std::string& text) { line->message(text); };
    out.run_starts = [line](const contestant& c, const run_place& place, std::chrono::duration<double> floor) {
        line->starts(c, place, floor);
    };
    out.run_goes = [line](const contestant& c, const recorder& r, std::uint64_t rss) { line->goes(c, r, rss); };
    out.run_ended = [line](const run_result& r) { line->ended(r); };
    return out;
}

}  // namespace pipebench

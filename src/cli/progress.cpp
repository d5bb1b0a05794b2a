#include "cli/progress.hpp"

#include "cli/options.hpp"
#include "cli/terminal.hpp"
#include "measure/histogram.hpp"
#include "report/text_table.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

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
        where_ = place.of > 1 ? fmt::format("{}/{} ", place.run, place.of) : "";
        if (place.warmup) where_ += fmt::format("warm-up {}/{}, ", place.round, place.rounds);
        else if (place.rounds > 1) where_ += fmt::format("round {}/{}, ", place.round, place.rounds);
        if (!place.scenario.empty()) where_ += place.scenario + ", ";
        floor_ = floor;
        later_ = place.later;
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
        const double done =
            static_cast<double>(now.ended()) / static_cast<double>(std::max<std::uint64_t>(1, record.orders()));
        std::vector<piece> line{{fmt::format("{}{}: ", where_, c.id()), 0},
                                {live_ ? bar_of(done) : "", 9},
                                {fmt::format("{:.0f} %", std::floor(100 * done)), 0},
                                {fmt::format(", {:.0f}/s", rate), 2}};
        if (const auto p99 = p99_of(record); std::isfinite(p99))
            line.push_back({fmt::format(", p99 {:.0f} ms", p99), 4});
        if (now.queued > 1) line.push_back({fmt::format(", {} waiting", now.queued), 5});
        if (now.failed > 0) line.push_back({fmt::format(", {} failed", now.failed), 1});
        line.push_back({fmt::format(", {} in flight", now.in_flight()), 7});
        line.push_back({fmt::format(", {} MB", rss / 1'000'000), 8});
        line.push_back({fmt::format(", {:.0f} s left", left_s), 0});
        if (later_.count() > 0) line.push_back({fmt::format(", session {:.0f} s", left_s + later_.count()), 3});
        return fitted(std::move(line), live_ ? terminal_width(STDERR_FILENO) - 1 : std::string::npos);
    }

    /// A part of the line; where there is no room, the one with the largest number goes first.
    struct piece {
        std::string text;
        unsigned gives_way = 0;
    };
    static std::string fitted(std::vector<piece> line, std::size_t width) {
        const auto joined = [&] {
            std::string out;
            for (const auto& p : line) out += p.text;
            return out;
        };
        while (joined().size() > width) {
            const auto first_to_go = std::ranges::max_element(line, {}, &piece::gives_way);
            if (first_to_go->gives_way == 0) break;
            line.erase(first_to_go);
        }
        return joined();
    }

    /// Of the orders so far: from arrival in an open run, else from begin. NaN: none has ended.
    static double p99_of(const recorder& record) {
        auto counted = record.response();
        if (total_of(counted) == 0) counted = record.service();
        return total_of(counted) == 0 ? std::numeric_limits<double>::quiet_NaN() : summarise(counted).p99_ms;
    }

    static std::string bar_of(double done) {
        constexpr std::size_t width = 16;
        const auto filled = std::min(width, static_cast<std::size_t>(done * width));
        return fmt::format("[{}{}] ", std::string(filled, '#'), std::string(width - filled, '.'));
    }

    void show(std::string text) {
        text.resize(std::min(text.size(), terminal_width(STDERR_FILENO) - 1));
        tell(fmt::format("\r\033[K{}", text));
        line_shown_ = true;
    }

    void print(const std::string& text) {
        const auto lines = live_ ? reporting::wrapped(text, 2, terminal_width(STDERR_FILENO)) : text + "\n";
        tell(fmt::format("{}{}", line_shown_ ? "\r\033[K" : "", lines));
        line_shown_ = false;
    }

    bool live_;
    std::string where_;  ///< which run of how many, and which round
    bool line_shown_ = false;
    clock::time_point next_{};
    std::chrono::duration<double> floor_{}, later_{};
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
    out.run_goes = [line](const contestant& c, const recorder& r, const run_glance& seen) {
        line->goes(c, r, seen.rss_bytes);
    };
    out.run_ended = [line](const run_result& r) { line->ended(r); };
    return out;
}

}  // namespace pipebench

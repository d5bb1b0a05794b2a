// Parts that observe a run: its output, the usage of the servers, orders in flight, due incidents. For one thread.
#pragma once

#include "contracts/recorder.hpp"
#include "measure/run_glance.hpp"
#include "measure/run_request.hpp"
#include "pipebench/result.hpp"
#include "system/output_pipe.hpp"
#include "system/patience.hpp"
#include "system/process_tree_sampler.hpp"

#include <chrono>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

/// A pipe that passes its input to a handler line by line. Lines are cut to max_line_bytes.
class line_pipe {
public:
    static constexpr std::size_t max_line_bytes = 400;
    using line_handler = std::function<void(std::string_view)>;

    explicit line_pipe(line_handler handle) : handle_line_(std::move(handle)) {}  ///< throws setup_error
    [[nodiscard]] int write_end() const noexcept { return pipe_.write_end(); }
    [[nodiscard]] int read_end() const noexcept { return pipe_.read_end(); }  ///< -1 after end of file
    void close_write_end() noexcept { pipe_.close_write_end(); }

    /// Passes on every line that is complete by now.
    void drain();
    /// Passes on the rest, including a line without a line end.
    void finish();

private:
    void add(char c);

    line_handler handle_line_;
    output_pipe pipe_;
    std::string line_;
};

/// Output of the run that is not part of the contract: the first max_notes lines, and the number of the others.
class note_book {
public:
    static constexpr std::size_t max_notes = 50;

    void add(std::string_view line);
    [[nodiscard]] std::vector<std::string> take();

private:
    std::vector<std::string> notes_;
    std::size_t left_out_ = 0;
};

/// Measures what a server uses during the run. `service` must outlive it.
class service_watch {
public:
    explicit service_watch(const watched_service& service) : service_(service) { begin(); }

    void sample_when_due();
    /// Call these around a restart, so that the usage of the old process is not lost.
    void before_restart() { add_usage(); }
    void after_restart() { begin(); }
    /// Waits for a moment until backends of the run have ended, unless `until` has no more patience.
    [[nodiscard]] service_usage finish(const patience& until);
    [[nodiscard]] service_glance glance();  ///< reads CPU time and memory of each of its processes

private:
    void begin();
    void add_usage();

    const watched_service& service_;
    pid_t pid_ = 0;
    double cpu_before_ = 0, cpu_s_ = 0;
    known_bytes peak_pss_;
    std::size_t size_before_ = 0;
    std::optional<process_tree_sampler> sampler_;
    std::chrono::steady_clock::time_point began_, next_;  ///< the next sample is due at ten times the age of the last
};

/// Strikes each incident once its share of the orders has ended.
class incident_watch {
public:
    /// `tell` gets each kill, and what it cuts off for how long.
    incident_watch(
        const std::vector<incident>& all, recorder& record, std::vector<service_watch>& services,
        tell_event tell = [](const event&) {})
        : waiting_(all), record_(record), services_(services), tell_(std::move(tell)) {}

    void strike_when_due(pid_t run);
    [[nodiscard]] bool is_waiting() const noexcept { return !waiting_.empty(); }
    [[nodiscard]] kill_target struck() const noexcept {
        return struck_;
    }  ///< of the first that hit: its target, or the run if that died for want of workers
    [[nodiscard]] unsigned runs_killed() const noexcept { return runs_killed_; }
    /// One line per incident: what it did, or that the run ended before it was due.
    [[nodiscard]] std::vector<std::string> report() const;

private:
    [[nodiscard]] bool is_due(const incident& what) const;
    void strike(const incident& what, pid_t run);
    void begin_outage(kill_target of, std::chrono::nanoseconds at);
    void end_outage(kill_target of, std::chrono::nanoseconds from);

    std::vector<incident> waiting_;
    recorder& record_;
    std::vector<service_watch>& services_;
    tell_event tell_;
    kill_target struck_ = kill_target::none;
    unsigned runs_killed_ = 0;
    std::vector<event> kills_;
};

/// The mean number of orders in flight over the time of the run, by trapezoids between readings. Pure.
class flight_watch {
public:
    void add(std::chrono::nanoseconds elapsed, std::uint64_t in_flight);
    static constexpr flight_view not_known{0, std::numeric_limits<double>::quiet_NaN()};
    /// Not known without a reading, and if orders are in flight after the end (their worker died), because these
    /// distort the mean.
    [[nodiscard]] flight_view seen(std::uint64_t in_flight_after_end) const;

private:
    double last_s_ = 0, last_ = 0, area_ = 0;
    std::uint64_t samples_ = 0;
};

}  // namespace pipebench

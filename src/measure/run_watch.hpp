// What the session keeps an eye on beside a run: what it prints, what the servers use, what is in flight, and what is
// to be done to it. All of one thread.
#pragma once

#include "contracts/recorder.hpp"
#include "measure/run_request.hpp"
#include "pipebench/result.hpp"
#include "system/output_pipe.hpp"
#include "system/process_tree_sampler.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

/// A pipe that gives what is written into it line by line, each cut to max_line_bytes.
class line_pipe {
public:
    static constexpr std::size_t max_line_bytes = 400;
    using on_line = std::function<void(std::string_view)>;

    explicit line_pipe(on_line take) : take_line_(std::move(take)) {}  ///< throws setup_error
    [[nodiscard]] int write_end() const noexcept { return pipe_.write_end(); }
    [[nodiscard]] int read_end() const noexcept { return pipe_.read_end(); }  ///< -1 at its end
    void close_write_end() noexcept { pipe_.close_write_end(); }

    void drain();
    /// What is left, and a line that was not ended.
    void finish();

private:
    void take(char c);

    on_line take_line_;
    output_pipe pipe_;
    std::string line_;
};

/// What the run and its workers print beside their contract: max_notes lines.
class note_book {
public:
    static constexpr std::size_t max_notes = 50;

    void add(std::string_view line);
    [[nodiscard]] std::vector<std::string> take();

private:
    std::vector<std::string> notes_;
    std::size_t left_out_ = 0;
};

/// A server of ours: what it used meanwhile. `service` must outlive it.
class service_watch {
public:
    explicit service_watch(const watched_service& service) : service_(service) { begin(); }

    void sample_when_due();
    /// Around what starts it anew: what the old one has used would be gone with it.
    void before_restart() { settle(); }
    void after_restart() { begin(); }
    [[nodiscard]] service_usage finish();

private:
    void begin();
    void settle();

    const watched_service& service_;
    pid_t pid_ = 0;
    double cpu_before_ = 0, cpu_s_ = 0;
    std::uint64_t peak_pss_ = 0;
    std::size_t size_before_ = 0;
    std::optional<process_tree_sampler> sampler_;
    std::chrono::steady_clock::time_point began_, next_;  ///< each sample at ten times the age of the one before
};

/// Strikes each incident once its share of the orders has ended.
class incident_watch {
public:
    incident_watch(const std::vector<incident>& all, recorder& record, std::vector<service_watch>& services)
        : waiting_(all), record_(record), services_(services) {}

    void strike_when_due(pid_t run);
    [[nodiscard]] bool is_waiting() const noexcept { return !waiting_.empty(); }
    [[nodiscard]] const std::string& struck() const noexcept { return struck_; }  ///< the first; empty: none
    /// What was done, and what never came to pass.
    void tell(std::vector<std::string>& notes) const;

private:
    [[nodiscard]] bool is_due(const incident& what) const;
    void strike(const incident& what, pid_t run);

    std::vector<incident> waiting_;
    recorder& record_;
    std::vector<service_watch>& services_;
    std::string struck_;
    std::vector<std::string> told_;
};

/// The mean of what was in flight over the time of the run's clock, by trapezoids between readings.
class flight_watch {
public:
    explicit flight_watch(const recorder& record) : record_(record) {}

    void sample();
    /// Nothing when an order was begun and never ended, as by a worker that died: it would count for ever.
    [[nodiscard]] flight_view seen() const;

private:
    const recorder& record_;
    double last_s_ = 0, last_ = 0, area_ = 0;
    std::uint64_t samples_ = 0;
};

}  // namespace pipebench

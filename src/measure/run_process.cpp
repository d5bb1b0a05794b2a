#include "measure/run_process.hpp"

#include "measure/process_tree.hpp"
#include "pipebench/error.hpp"
#include "services/postgres.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <optional>

namespace pipebench {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t max_notes = 50;
constexpr std::size_t max_note_bytes = 400;

double own_cpu_seconds() {
    rusage r{};
    ::getrusage(RUSAGE_SELF, &r);
    return static_cast<double>(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
           static_cast<double>(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

/// The lines that the run and its workers print, as they come.
class note_reader {
public:
    note_reader() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) throw system_failure("cannot make a pipe", errno);
        in_ = descriptor(ends[0]);
        out_ = descriptor(ends[1]);
        ::fcntl(out_.get(), F_SETFL, 0);  // whoever writes may wait for us
    }
    [[nodiscard]] int write_end() const noexcept { return out_.get(); }
    [[nodiscard]] int read_end() const noexcept { return in_.get(); }  ///< -1 at its end
    void close_write_end() noexcept { out_.reset(); }

    void drain() {
        std::array<char, 4096> part{};
        ssize_t n = 0;
        while (in_.is_open() && (n = ::read(in_.get(), part.data(), part.size())) > 0)
            for (const char c : std::string_view(part.data(), static_cast<std::size_t>(n))) take(c);
        if (n == 0) in_.reset();  // all writers are gone: to poll it would be to spin
    }

    std::vector<std::string> finish() {
        drain();
        if (!line_.empty()) take('\n');
        if (left_out_ > 0) notes_.push_back(fmt::format("... and {} lines more", left_out_));
        return std::move(notes_);
    }

private:
    void take(char c) {
        if (c != '\n') {
            if (line_.size() < max_note_bytes) line_ += c;
            return;
        }
        if (notes_.size() < max_notes) notes_.push_back(printable(line_));
        else ++left_out_;
        line_.clear();
    }

    descriptor in_, out_;
    std::string line_;
    std::vector<std::string> notes_;
    std::size_t left_out_ = 0;
};

/// Ours for the servers' sake, plus libpq's variables of the user's, for a server of the user's.
std::vector<std::string> run_environment(const run_request& request) {
    auto out = clean_environment();
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(request.spec.work.limits.attempt).count();
    out.push_back(fmt::format("PGCONNECT_TIMEOUT={}", std::max<std::int64_t>(2, seconds)));
    out.push_back("PGAPPNAME=pipebench");
    if (request.postgres != 0) return out;
    for (auto& variable : libpq_variables()) out.push_back(std::move(variable));
    return out;
}

child_process start_run(const run_request& request, const recorder& record, int notes) {
    const auto spec = write_spec(request.spec);
    child_settings settings;
    settings.arguments = {request.binary, "_run"};
    settings.environment = run_environment(request);
    settings.descriptors = {
        {1, notes}, {2, notes}, {spec_descriptor, spec.get()}, {recorder_descriptor, record.descriptor()}};
    return child_process::spawn(settings);
}

/// A server of ours beside the run: what it used meanwhile.
class service_watch {
public:
    service_watch(std::string name, pid_t pid)
        : name_(std::move(name)),
          pid_(pid),
          cpu_before_(tree_cpu_seconds(pid)),
          size_before_(tree_size(pid)),
          sampler_(pid) {}

    void sample_when_due() {
        if (clock::now() < next_) return;
        sampler_.sample();
        next_ = clock::now() +
                std::max<std::chrono::milliseconds>(std::chrono::milliseconds(500), 4 * sampler_.interval());
    }

    /// A backend's time is exact only once the postmaster has waited for it: they are given a moment to end.
    service_usage finish() {
        for (int tries = 0; tries < 100 && tree_size(pid_) > size_before_; ++tries) ::usleep(10'000);
        return {name_, tree_cpu_seconds(pid_) - cpu_before_, sampler_.usage().peak_pss_bytes};
    }

private:
    std::string name_;
    pid_t pid_;
    double cpu_before_;
    std::size_t size_before_;
    process_tree_sampler sampler_;
    clock::time_point next_ = clock::now() + std::chrono::milliseconds(300);
};

/// From the first signal on: asks, waits for the grace, kills.
class ending {
public:
    ending(recorder& record, child_process& run, duration grace) : record_(record), run_(run), grace_(grace) {}

    void follow(const signal_watch& signals) {
        if (signals.count() == 0) return;
        if (!deadline_) {
            record_.request_stop();
            deadline_ = clock::now() + grace_;
        }
        if (signals.count() > 1 || clock::now() >= *deadline_) run_.signal(SIGKILL);
    }

private:
    recorder& record_;
    child_process& run_;
    duration grace_;
    std::optional<clock::time_point> deadline_;
};

/// The mean of what was in flight over the time of the run's clock, by trapezoids between readings.
class flight_watch {
public:
    explicit flight_watch(const recorder& record) : record_(record) {}

    void sample() {
        const double now_s = std::chrono::duration<double>(record_.elapsed()).count();
        if (now_s <= last_s_) return;
        const auto in_flight = static_cast<double>(record_.read().in_flight());
        area_ += (now_s - last_s_) * (in_flight + last_) / 2;
        last_s_ = now_s;
        last_ = in_flight;
        ++samples_;
    }
    /// Nothing when an order was begun and never ended, as by a worker that died: it would count for ever.
    [[nodiscard]] flight_view seen() const {
        if (record_.read().in_flight() > 0) return {};
        return {samples_, last_s_ > 0 ? area_ / last_s_ : 0};
    }

private:
    const recorder& record_;
    double last_s_ = 0, last_ = 0, area_ = 0;
    std::uint64_t samples_ = 0;
};

box_time operator-(const box_time& a, const box_time& b) {
    return {a.total_s - b.total_s, a.busy_s - b.busy_s, a.steal_s - b.steal_s};
}

std::vector<service_watch> watch_services(const run_request& request) {
    std::vector<service_watch> out;
    for (const auto& [name, pid] : {std::pair("mock-api", request.mock_api), std::pair("postgres", request.postgres),
                                    std::pair("redis", request.redis)})
        if (pid != 0) out.emplace_back(name, pid);
    return out;
}

}  // namespace

signal_watch::signal_watch() {
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &wanted, &before_);
    ::signal(SIGPIPE, SIG_IGN);
    signals_ = descriptor(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals_.is_open()) throw system_failure("cannot watch signals", errno);
}

signal_watch::~signal_watch() {
    poll();  // what is still pending would be delivered now
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

void signal_watch::poll() noexcept {
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
        if (first_ == 0) first_ = static_cast<int>(info.ssi_signo);
        ++count_;
    }
}

run_observation observe_run(const run_request& request, recorder& record, signal_watch& signals,
                            const on_progress& progress) {
    const double cpu_before = own_cpu_seconds();
    const auto box_before = read_box_time();
    auto services = watch_services(request);
    note_reader notes;
    auto run = start_run(request, record, notes.write_end());
    notes.close_write_end();
    process_tree_sampler tree(run.pid());
    ending end(record, run, request.grace);
    flight_watch in_flight(record);
    tree.sample();

    std::optional<child_end> ended;
    while (!ended) {
        std::array<pollfd, 3> waiting{
            {{run.pid_descriptor(), POLLIN, 0}, {signals.native(), POLLIN, 0}, {notes.read_end(), POLLIN, 0}}};
        ::poll(waiting.data(), waiting.size(), static_cast<int>(tree.interval().count()));
        tree.sample();
        in_flight.sample();
        for (auto& s : services) s.sample_when_due();
        notes.drain();
        signals.poll();
        end.follow(signals);
        progress(record, tree.rss_now());
        ended = run.wait_for(std::chrono::milliseconds(0));
    }

    run_observation out;
    out.end = *ended;
    out.memory = tree.usage();
    out.harness_cpu_s = own_cpu_seconds() - cpu_before;
    out.in_flight = in_flight.seen();
    for (auto& s : services) out.services.push_back(s.finish());
    out.box = read_box_time() - box_before;
    out.notes = notes.finish();
    return out;
}

}  // namespace pipebench

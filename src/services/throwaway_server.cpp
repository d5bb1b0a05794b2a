#include "services/throwaway_server.hpp"

#include "contracts/error.hpp"
#include "services/log_cause.hpp"
#include "system/environment.hpp"
#include "system/kill.hpp"

#include <fcntl.h>

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

namespace pipebench {

namespace fs = std::filesystem;

namespace {

constexpr auto stop_limit = std::chrono::seconds(5);  ///< after each of the two signals that a server may heed
constexpr std::size_t most_new_lines = 20'000;        ///< of the log, since it was last read

constexpr std::streamoff most_log_bytes = 64 * 1024;  ///< read from the end of a log

std::string cause_in_log(const fs::path& log) {
    std::ifstream in(log, std::ios::ate);
    const std::streamoff size = in.tellg();
    in.seekg(std::max<std::streamoff>(0, size - most_log_bytes));
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto cause = cause_in(text);
    return cause.empty() ? "its log is empty" : cause;
}

}  // namespace

throwaway_server::throwaway_server(settings s, const server_patience& until)
    : settings_(std::move(s)), until_(until) {
    process_.emplace(start());
}

throwaway_server::~throwaway_server() {
    if (!process_) return;
    for (const int number : {settings_.stop_signal, SIGQUIT}) {
        process_->signal(number);
        if (process_->wait_for(stop_limit, until_.stop)) return;
    }
    kill_tree(process_->pid());  // its children too, which may hang as it does
}

child_process throwaway_server::start() const {
    const descriptor log(::open(settings_.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    child_settings child;
    child.arguments = settings_.arguments;
    child.environment = clean_environment();
    child.descriptors = {{1, log.get()}, {2, log.get()}};
    child.user = settings_.user;
    child.directory = settings_.directory.native();
    child.death_signal = settings_.death_signal;
    return child_process::spawn(child);
}

void throwaway_server::wait_until_ready(const patience& until) {
    constexpr std::chrono::milliseconds interval{10};
    const auto deadline = patience::clock::now() + settings_.start_limit;
    while (!settings_.answers(until)) {
        if (const auto end = process_->wait_for(interval, until))
            throw setup_error(fmt::format("{} did not start: it {}: {}", settings_.name, end->describe(),
                                          cause_in_log(settings_.log)));
        if (until.is_over()) throw interrupted();
        if (patience::clock::now() > deadline)
            throw setup_error(fmt::format("{} does not answer: {}", settings_.name, cause_in_log(settings_.log)));
    }
}

// The children must have ended before the next server starts: a backend of PostgreSQL holds the shared memory that
// the new server needs.
void throwaway_server::kill_and_start_again() {
    if (!has_died()) kill_tree(process_->pid());
    start_again();
}

void throwaway_server::start_again() {
    process_.reset();  // reaps it
    process_.emplace(start());
}

bool throwaway_server::has_died() {
    if (!process_) return true;  // it could not be started again
    const auto end = process_->wait_for(std::chrono::milliseconds(0));
    if (end && failure_.empty()) failure_ = fmt::format("{} died amid the run: {}", settings_.name, end->describe());
    return end.has_value();
}

std::vector<std::string> throwaway_server::new_log_lines() {
    std::vector<std::string> out;
    std::ifstream in(settings_.log);
    in.seekg(log_read_);
    for (std::string line; std::getline(in, line) && !in.eof(); log_read_ = in.tellg())
        if (out.size() < most_new_lines) out.push_back(line);
    return out;
}

std::string throwaway_server::take_failure(const patience& until) {
    const bool is_dead = has_died();
    const auto crash = settings_.crash_in(new_log_lines());
    if (failure_.empty() && !crash.empty())
        failure_ = fmt::format("{} crashed amid the run: {}", settings_.name, printable(crash));
    auto out = std::exchange(failure_, {});
    if (is_dead) out += revive(until);
    return out;
}

/// Returns why it does not start again; empty if it does.
std::string throwaway_server::revive(const patience& until) try {
    start_again();
    wait_until_ready(until);
    return {};
} catch (const setup_error& e) {
    return fmt::format("; it was not started again: {}", e.what());
}

}  // namespace pipebench

#include "session/gate_binaries.hpp"

#include "contracts/units.hpp"
#include "services/mock_api_process.hpp"
#include "session/session_patience.hpp"
#include "system/environment.hpp"

#include <sys/statvfs.h>

#include <fmt/format.h>

#include <chrono>
#include <filesystem>

namespace pipebench {
namespace {

constexpr auto version_limit = std::chrono::seconds(10);
constexpr std::string_view greeting = "pipebench ";

std::string name_of(contender c) { return c == contender::head ? "head" : "base"; }

std::string option_of(contender c) { return c == contender::head ? "--head" : "--baseline"; }

setup_error failure(const std::string& name, const std::string& binary, const std::string& why) {
    return setup_error(fmt::format("gate: {} {}: {}", name, printable(binary, 200), why));
}

/// Whether programs may be executed from this directory (no noexec mount).
bool may_execute_in(const std::filesystem::path& directory) {
    struct statvfs mount {};
    return ::statvfs(directory.c_str(), &mount) == 0 && (mount.f_flag & ST_NOEXEC) == 0;
}

}  // namespace

gate_binaries::gate_binaries(const gate_settings& settings, signal_watch& signals)
    : settings_(settings), signals_(signals), base_(settings.base), head_(settings.head) {}

std::string gate_binaries::version_of(contender c) try {
    child_settings child;
    child.arguments = {path_of(c), "--version"};
    child.environment = own_environment();
    const auto seen = run_program(child, {version_limit, 64 * 1024, 64 * 1024}, patience(signals_, {}));
    return seen.how == program_output::ending::signalled ? std::string() : version_in(seen);
} catch (const setup_error& e) {
    throw failure(option_of(c), path_of(c), e.what());
}

void gate_binaries::start_servers(const needs& most, const say& message, const say& warning) {
    copy_if_our_own(base_, warning);
    copy_if_our_own(head_, warning);
    services_.emplace(settings_.servers, server_needs{most.database_connections, most.redis},
                      session_patience(signals_, {}).for_servers(), message, warning);
}

/// Runs a copy if the binary is our own: its runs would share pages with this process and the mock API, which lowers
/// their PSS compared with the other binary.
void gate_binaries::copy_if_our_own(std::string& binary, const say& warning) {
    std::error_code ec;
    if (!std::filesystem::equivalent(binary, settings_.own_binary, ec)) return;
    if (!copies_) copies_.emplace(std::nullopt);
    const auto copy = copies_->path() / "pipebench";
    const auto how = std::filesystem::copy_options::overwrite_existing;
    if (may_execute_in(copies_->path()) && std::filesystem::copy_file(binary, copy, how, ec)) binary = copy.native();
    else warning("no copy of pipebench can be run from TMPDIR: PSS favours the head");
}

/// Starts a new mock API on a new port for each run: after thousands of connections to one port, the search for a
/// free local port costs more than the run.
std::optional<session_result> gate_binaries::run(contender c, const pattern& p) {
    std::optional<mock_api_process> api;
    if (settings_.servers.target.empty())
        api.emplace(settings_.own_binary, settings_.work, "", patience(signals_, {}));
    const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(settings_.run_limit);
    const auto& binary = path_of(c);
    const auto seen = run_program(command_of(binary, p, api ? api->url() : settings_.servers.target),
                                  {limit, 16u << 20, 64u << 10}, patience(signals_, {}));
    signals_.poll();  // also for one that came as it ended
    if (seen.how == program_output::ending::signalled || signals_.count() > 0) return std::nullopt;
    auto died = services_->take_failures(patience(signals_, {}));
    if (api) died.push_back(api->failure());
    for (const auto& why : died)
        if (!why.empty()) throw failure(name_of(c), binary, fmt::format("{}: {}", p.id, why));
    try {
        return result_in(seen, p.id, settings_.run_limit);
    } catch (const setup_error& e) {
        throw failure(name_of(c), binary, fmt::format("{}: {}", p.id, e.what()));
    }
}

child_settings gate_binaries::command_of(const std::string& binary, const pattern& p,
                                         const std::string& target) const {
    child_settings child;
    child.arguments = {binary, "run", "--pattern", std::string(p.id), "--export-json", "-", "--quiet"};
    child.arguments.insert(child.arguments.end(), settings_.work_arguments.begin(), settings_.work_arguments.end());
    child.environment = own_environment();  // for addresses: they may hold secrets, so not in argv
    if (services_->postgres_pid() == 0)
        for (auto& variable : libpq_variables()) child.environment.push_back(std::move(variable));
    // A yardstick before the runs of one binary alone, if the other is too old for it, would not be fair.
    child.environment.emplace_back("PIPEBENCH_NO_YARDSTICK=1");
    for (const auto& [name, value] :
         {std::pair("PIPEBENCH_POSTGRES", services_->postgres_url()),
          std::pair("PIPEBENCH_REDIS", services_->redis_url()), std::pair("PIPEBENCH_TARGET", target)})
        if (!value.empty()) child.environment.push_back(fmt::format("{}={}", name, value));
    return child;
}

std::string version_in(const program_output& seen) {
    if (seen.how == program_output::ending::out_of_time)
        throw setup_error(fmt::format("--version did not end within {}", format_duration(version_limit)));
    if (!seen.out.starts_with(greeting) || !seen.end.exited_with(0))
        throw setup_error("it is not pipebench: --version does not say so");
    return printable(seen.out.substr(greeting.size(), seen.out.find('\n') - greeting.size()), 40);
}

session_result result_in(const program_output& seen, std::string_view pattern, duration run_limit) {
    using ending = program_output::ending;
    if (seen.how == ending::out_of_time)
        throw setup_error(fmt::format("did not end within {} (--run-limit)", format_duration(run_limit)));
    if (seen.how == ending::printed_too_much) throw setup_error("printed more than a result can be");
    if (!seen.end.exited_with(0) && !seen.end.exited_with(static_cast<int>(exit_code::not_trustworthy)))
        throw setup_error(seen.last_words());
    auto result = parse_result(seen.out);
    if (result.runs.size() != 1 || result.runs.front().pattern != pattern)
        throw setup_error("its result is not of the run that was asked for");
    const auto& run = result.runs.front();
    if (run.interrupted) throw setup_error("its run was interrupted");
    if (run.ended() < run.orders) throw setup_error("its run failed: " + printable(run.verdict.text, 300));
    return result;
}

}  // namespace pipebench

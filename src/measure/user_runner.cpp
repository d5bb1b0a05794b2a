#include "measure/user_runner.hpp"

#include "contracts/error.hpp"
#include "pipeline/order_table.hpp"
#include "services/redis_keys.hpp"
#include "system/environment.hpp"

#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>

namespace pipebench {
namespace {

constexpr std::size_t longest_name = 30;
constexpr unsigned spare_connections = 20;  ///< for a pool that is a little larger than requested
constexpr std::chrono::seconds shell_limit{10};

bool is_name(std::string_view name) {
    const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
    const auto inner = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-'; };
    return !name.empty() && name.size() <= longest_name && letter(name[0]) &&
           std::all_of(name.begin(), name.end(), inner);
}

/// Whether the shell finds the first word of the command, if that is a plain word. Checked early, so that a typo does
/// not show only after the earlier runs.
bool is_found(std::string_view command) {
    const auto begin = std::min(command.find_first_not_of(' '), command.size());
    const std::string word(command.substr(begin, command.find(' ', begin) - begin));
    const auto plain = [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '_' || c == '.' || c == '/' || c == '-';
    };
    if (!std::all_of(word.begin(), word.end(), plain)) return true;
    child_settings asking;
    asking.arguments = {
        "/bin/sh", "-c",
        "command -v -- \"$1\" >/dev/null 2>&1 && case $1 in */*) [ -f \"$1\" ] && [ -x \"$1\" ];; esac", "sh", word};
    asking.environment = whole_environment();
    const auto end = child_process::spawn(asking).wait_for(shell_limit);
    return !end || end->exited_with(0);
}

std::string milliseconds(duration d) {
    return fmt::format("{}", std::chrono::duration<double, std::milli>(d).count());
}

}  // namespace

needs needs_of_runner(const workload& work) {
    return {
        .in_flight = work.runner_concurrency,
        .database_connections = std::max(work.runner_concurrency, work.db_connections) + spare_connections,
        .redis = true,
    };
}

needs user_runner::needs_at(const workload& work) const { return needs_of_runner(work); }

child_process user_runner::start(const run_start& with) const {
    child_settings settings;
    settings.arguments = {"/bin/sh", "-c", command_};
    settings.environment = runner_environment(with.spec);
    settings.descriptors = {{1, with.lines}, {2, with.notes}};
    auto child = child_process::spawn(settings);
    with.record.start_clock();  // restarted when the runner reports its start
    return child;
}

void user_runner::ask_to_end(pid_t run) const noexcept { ::kill(-run, SIGTERM); }

bool user_runner::kill_remains(pid_t run) const noexcept { return group_is_alive(run) && ::kill(-run, SIGKILL) == 0; }

void user_runner::delete_keys(const std::string& redis, const std::string& prefix) const noexcept {
    delete_redis_prefix(redis, prefix);
}

std::string user_runner::describe_failure(const run_observation& seen) const {
    if (seen.out_of_time) return "it did not end within --runner-limit";
    return fmt::format("it {}{}", seen.end.describe(), seen.notes.empty() ? "" : ": " + seen.notes.back());
}

std::shared_ptr<const user_runner> parse_runner(std::string_view text, duration limit) {
    const auto equals = text.find('=');
    const auto name = text.substr(0, equals);
    if (equals == text.npos || text.find_first_not_of(' ', equals + 1) == text.npos)
        throw setup_error(fmt::format("--runner: '{}' is not NAME=COMMAND", printable(text, 60)));
    if (!is_name(name))
        throw setup_error(fmt::format("--runner: '{}' is not a name: 1 to {} of a-z, 0-9 and '-', a letter first",
                                      printable(name, 60), longest_name));
    const auto command = text.substr(equals + 1);
    if (!is_found(command))
        throw setup_error(
            fmt::format("--runner: {}: the shell finds no such command: {}", name, printable(command, 60)));
    return std::make_shared<const user_runner>(std::string(name), std::string(command), limit);
}

std::vector<std::string> runner_environment(const run_spec& spec) {
    auto out = whole_environment();
    std::erase_if(out, [](const std::string& variable) {
        return variable.starts_with("PIPEBENCH_") || variable.starts_with("PGAPPNAME=");
    });
    const auto& work = spec.work;
    const nlohmann::json parameters = work;
    const table_name table{spec.where.schema, spec.where.table};
    const auto put = [&](std::string_view name, std::string_view value) {
        out.push_back(fmt::format("PIPEBENCH_{}={}", name, value));
    };
    out.push_back("PGAPPNAME=" + spec.where.schema);  // identifies its connections in pg_stat_activity
    put("ORDERS", std::to_string(work.orders));
    put("CONCURRENCY", std::to_string(work.runner_concurrency));
    put("TARGET", spec.where.target);
    put("POSTGRES", spec.where.postgres);
    put("REDIS", spec.where.redis);
    put("TABLE", table.quoted());
    put("INSERT", insert_sql(table));
    put("STREAM", spec.where.stream);
    put("HTTP_LATENCY_MS", milliseconds(work.http.mean));
    put("DB_LATENCY_MS", milliseconds(work.db_latency));
    put("CONNECTIONS", parameters.at("connections").get<std::string>());
    put("ATTEMPTS", std::to_string(work.retry.attempts));
    put("WRITE_MODE", parameters.at("write_mode").get<std::string>());
    put("WRITE_BATCH", std::to_string(work.write_batch));
    put("SEED", std::to_string(work.seed));
    put("PARAMETERS", parameters.dump());
    put("RATE", format_rates(work.arrive));
    put("SCHEDULE", spec.schedule);
    return out;
}

}  // namespace pipebench

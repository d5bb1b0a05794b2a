// Runs without a process: a contestant with only a name and needs, and an executor that returns runs of the test.
#pragma once

#include "session/run_executor.hpp"

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace pipebench::test {

/// Starts nothing.
class fake_contestant final : public contestant {
public:
    explicit fake_contestant(std::string name, needs n = {.in_flight = 1}) : need(n), name_(std::move(name)) {}

    needs need;
    order_reports how = order_reports::in_record;
    bool restartable = true;

    [[nodiscard]] std::string_view id() const noexcept override { return name_; }
    [[nodiscard]] std::string_view title() const noexcept override { return name_; }
    [[nodiscard]] needs needs_at(const workload&) const override { return need; }
    [[nodiscard]] order_reports reports() const noexcept override { return how; }
    [[nodiscard]] bool may_restart() const noexcept override { return restartable; }
    [[nodiscard]] std::optional<duration> time_limit() const noexcept override { return std::nullopt; }
    [[nodiscard]] forks_from forks() const noexcept override { return forks_from::main_thread; }
    [[nodiscard]] child_process start(const run_start&) const override {
        throw std::logic_error("a fake contestant has no process");
    }
    void ask_to_end(pid_t) const noexcept override {}
    bool kill_remains(pid_t) const noexcept override { return false; }
    void delete_keys(const std::string&, const std::string&) const noexcept override {}
    [[nodiscard]] std::string describe_failure(const run_observation& seen) const override {
        return fmt::format("it failed in {} runs: {}", seen.runs, seen.last_words());
    }

private:
    std::string name_;
};

/// Statuses as waitpid() returns them.
inline constexpr int killed_by_segfault = 11, exit_with_2 = 2 << 8;

/// The record of a run in which the first `stored` orders were stored.
inline recorder record_of(std::uint64_t orders, std::uint64_t stored) {
    auto record = recorder::create(orders);
    record.start_clock();
    for (order_id id = 1; id <= stored; ++id) record.log().end(record.log().begin(id), outcome{});
    while (record.elapsed().count() == 0) std::this_thread::yield();
    record.stop_clock();
    return record;
}

inline executed_run run_of(std::uint64_t orders, std::uint64_t stored) {
    return {.record = record_of(orders, stored)};
}

/// Records its calls in order. By default its runs store all of ten orders.
class fake_executor final : public run_executor {
public:
    static constexpr std::uint64_t orders = 10;

    std::function<executed_run(const run_plan&)> on_execute = [](const run_plan&) { return run_of(orders, orders); };
    std::function<void()> on_start = [] {}, on_check = [] {};
    ledger_view ledger;
    std::vector<std::string> server_warnings;
    std::vector<std::string> asked;
    needs most;

    started_servers start_servers(const needs& need, const say& message, const say& warning) override {
        asked.emplace_back("start");
        most = need;
        on_start();
        message("a server");
        for (const auto& text : server_warnings) warning(text);
        return {{{"postgres", "15", "throwaway", ""}}, "pipebench_fake"};
    }
    executed_run execute(const run_plan& plan, const on_progress& progress) override {
        asked.push_back(fmt::format("run {} {}", plan.who.id(), plan.trouble.name));
        auto out = on_execute(plan);
        progress(out.record, {});
        return out;
    }
    ledger_view check_ledger(executed_run&, const run_plan& plan, bool) override {
        asked.push_back(fmt::format("check {}", plan.who.id()));
        on_check();
        return ledger;
    }
};

}  // namespace pipebench::test

// A built-in pattern as a contestant. Its run is the pipebench binary itself, started as `pipebench _run`.
#pragma once

#include "measure/contestant.hpp"

namespace pipebench {

class pattern_contestant final : public contestant {
public:
    /// `binary`: path of the pipebench binary. `elsewhere`: how many workers are expected that join from other machines;
    /// 0: all are here.
    pattern_contestant(const pattern& p, std::string binary, std::uint64_t elsewhere = 0)
        : pattern_(p), binary_(std::move(binary)), elsewhere_(elsewhere) {}

    [[nodiscard]] std::string_view id() const noexcept override { return pattern_.id; }
    [[nodiscard]] std::string_view title() const noexcept override { return pattern_.title; }
    [[nodiscard]] needs needs_at(const workload& work) const override;
    [[nodiscard]] order_reports reports() const noexcept override { return order_reports::in_record; }
    [[nodiscard]] bool may_restart() const noexcept override { return true; }
    [[nodiscard]] std::optional<duration> time_limit() const noexcept override { return std::nullopt; }
    [[nodiscard]] forks_from forks() const noexcept override { return forks_from::main_thread; }
    [[nodiscard]] child_process start(const run_start& with) const override;
    void ask_to_end(pid_t) const noexcept override {}
    bool kill_remains(pid_t) const noexcept override { return false; }  // its workers die with it
    void delete_keys(const std::string& redis, const std::string& prefix) const noexcept override;
    [[nodiscard]] std::string describe_failure(const run_observation& seen) const override;

private:
    pattern pattern_;
    std::string binary_;
    std::uint64_t elsewhere_;
};

}  // namespace pipebench

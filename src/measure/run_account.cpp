#include "measure/run_account.hpp"

#include "measure/histogram.hpp"
#include "system/cpu_time.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace pipebench {
namespace {

/// Each section's share of the samples, of what an order took.
cpu_split split_of(const std::array<std::uint64_t, cpu_section_count>& samples, double cpu_per_order_us) {
    cpu_split out;
    for (const auto n : samples) out.samples += n;
    if (out.samples == 0) return out;
    const auto of = [&](cpu_section s) {
        return cpu_per_order_us * static_cast<double>(samples[static_cast<std::size_t>(s)]) /
               static_cast<double>(out.samples);
    };
    out.fetch_us = of(cpu_section::fetch);
    out.transform_us = of(cpu_section::transform);
    out.store_us = of(cpu_section::store);
    out.scheduling_us = of(cpu_section::scheduling);
    return out;
}

/// Before it said that it starts, a program of the user's was not at work yet.
void leave_out(double before_start_s, cpu_usage& cpu) {
    const double user = std::min(cpu.user_s, before_start_s);
    cpu.user_s -= user;
    cpu.system_s = std::max(0.0, cpu.system_s - (before_start_s - user));
}

}  // namespace

run_result account_of(const recorder& record, const run_observation& seen, std::uint64_t cores) {
    const auto progress = record.read();
    run_result out;
    out.time_s = std::chrono::duration<double>(record.elapsed()).count();
    out.orders = record.orders();
    out.stored = progress.stored;
    out.dead_lettered =
        progress
            .failures[static_cast<std::size_t>(stage::schedule)][static_cast<std::size_t>(error_kind::dead_letter)];
    out.failed = progress.failed - std::min(progress.failed, out.dead_lettered);
    out.not_started = out.orders - std::min(out.orders, progress.ended());
    out.repeated = progress.repeated;
    out.http_attempts = progress.http_attempts;
    out.retries = progress.retries;
    out.refused_retries = progress.refused_retries;
    out.store_attempts = progress.store_attempts;
    out.orders_per_s = out.time_s > 0 ? static_cast<double>(progress.ended()) / out.time_s : 0;
    for (std::size_t s = 0; s < stage_count; ++s)
        for (std::size_t k = 1; k < error_kind_count; ++k)
            if (const auto n = progress.failures[s][k])
                out.failures.push_back({std::string(name_of(static_cast<stage>(s))),
                                        std::string(name_of(static_cast<error_kind>(k))), n});
    out.latency = summarise_latency(record);
    out.memory = seen.memory;
    out.memory.peak_rss_bytes = std::max(out.memory.peak_rss_bytes, record.peak_rss());
    out.memory.hwm_sum_bytes = std::max(out.memory.hwm_sum_bytes, record.peak_rss());
    out.cpu.user_s = as_seconds(seen.end.usage.ru_utime);
    out.cpu.system_s = as_seconds(seen.end.usage.ru_stime);
    leave_out(seen.cpu_before_start_s, out.cpu);
    const double box_s = out.time_s * static_cast<double>(cores);
    out.cpu.box_share = box_s > 0 ? out.cpu.total_s() / box_s : 0;
    out.cpu_per_order_us = progress.ended() > 0 ? out.cpu.total_s() * 1e6 / static_cast<double>(progress.ended()) : 0;
    out.cpu_sections = split_of(record.samples(), out.cpu_per_order_us);
    out.harness_cpu_s = seen.harness_cpu_s;
    out.steal_share = seen.box.total_s > 0 ? std::max(0.0, seen.box.steal_s) / seen.box.total_s : 0;
    out.in_flight = seen.in_flight;
    out.series = seen.series;
    out.services = seen.services;
    out.notes = seen.notes;
    return out;
}

recovery_view recovery_of(const run_result& run, const recorder& record, const run_observation& seen) {
    const auto in_seconds = [](std::chrono::nanoseconds t) { return std::chrono::duration<double>(t).count(); };
    constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    recovery_view out;
    out.runs = seen.runs;
    out.killed = seen.struck.empty() && seen.runs > 1 ? "itself" : seen.struck;
    if (out.killed.empty()) return out;
    out.at_s = in_seconds(record.killed_at());
    out.resumed_s = record.resumed_at().count() > 0 ? in_seconds(record.resumed_at() - record.killed_at()) : unknown;
    out.drained_s = run.time_s - out.at_s;
    const auto p = record.read();
    const auto once = static_cast<double>(p.http_attempts - p.repeated_attempts);
    out.api_calls_again = run.api.known ? std::max(0.0, static_cast<double>(run.api.requests) - once) : unknown;
    return out;
}

}  // namespace pipebench

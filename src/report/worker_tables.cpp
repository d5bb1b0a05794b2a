#include "report/worker_tables.hpp"

#include "contracts/number.hpp"
#include "report/numbers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace pipebench::reporting {
namespace {

using worker = const joined_worker&;

constexpr double clocks_agree_s = 1;  ///< cards are read half a second late

bool was_lost(worker w) { return w.how == worker_end::missing || w.how == worker_end::gave_up; }

/// What a lost worker has said last is less than what it has done.
std::string at_least(worker w, std::string text) { return was_lost(w) && text != "-" ? "at least " + text : text; }

std::string cpu_per_order(worker w) {
    const double us = (w.cpu_user_s + w.cpu_system_s) * 1e6;
    return w.ended == 0 ? "-" : fixed(us / static_cast<double>(w.ended), 0);
}

std::string orders_of(std::uint64_t n) { return counted(n, "order", "orders"); }

/// Empty if it stayed.
std::string left(worker w) {
    switch (w.how) {
        case worker_end::stayed: break;
        case worker_end::signed_off: return fmt::format("signed off at {} s", seconds(w.left_s));
        case worker_end::gave_up:
            return fmt::format("gave up at {} s with {} in hand", seconds(w.left_s), orders_of(w.in_hand));
        case worker_end::missing:
            return fmt::format("missing from {} s on, with {} in hand", seconds(w.left_s), orders_of(w.in_hand));
    }
    return {};
}

/// How it left, when it could not be seen, and a clock that differs.
std::string story(worker w) {
    std::vector<std::string> parts;
    if (auto end = left(w); !end.empty()) parts.push_back(std::move(end));
    for (const auto& gap : w.gaps)
        if (std::isfinite(gap.to_s))
            parts.push_back(fmt::format("cut off from {} to {} s", seconds(gap.from_s), seconds(gap.to_s)));
    if (w.clock_apart_s > clocks_agree_s)
        parts.push_back(fmt::format("its wall clock differs by {} s (not used)", fixed(w.clock_apart_s, 1)));
    return fmt::format("{}", fmt::join(parts, "; "));
}

/// What the workers of one host were and used together.
struct host_view {
    std::string name;
    std::uint64_t cores = 0, workers = 0, processes = 0, in_flight_limit = 0, ended = 0, lost = 0;
    double cpu_s = 0;
    known_bytes peak_rss_bytes{0}, peak_pss_bytes{0};
};

void add(known_bytes& sum, const known_bytes& more) { sum = sum && more ? known_bytes(*sum + *more) : std::nullopt; }

void add(host_view& host, worker w) {
    host.name = w.host;
    host.cores = w.cores;
    ++host.workers;
    host.processes += w.processes;
    host.in_flight_limit += w.in_flight_limit;
    host.ended += w.ended;
    host.cpu_s += w.cpu_user_s + w.cpu_system_s;
    if (was_lost(w)) ++host.lost;
    add(host.peak_rss_bytes, w.peak_rss_bytes);
    add(host.peak_pss_bytes, w.peak_pss_bytes);
}

/// Workers of one host follow each other.
std::vector<joined_worker> workers_of(const std::vector<pattern_summary>& patterns) {
    std::vector<joined_worker> out;
    for (const auto& p : patterns) out.insert(out.end(), p.typical.workers.begin(), p.typical.workers.end());
    std::ranges::stable_sort(out, {}, &joined_worker::host);
    return out;
}

}  // namespace

table hosts_table(const std::vector<pattern_summary>& patterns) {
    std::vector<host_view> hosts;
    const auto workers = workers_of(patterns);
    for (const auto& w : workers) {
        if (hosts.empty() || hosts.back().name != w.host) hosts.emplace_back();
        add(hosts.back(), w);
    }
    if (hosts.size() == workers.size()) hosts.clear();  // the table of workers says the same
    using host = const host_view&;
    const auto at_least = [](host h, std::string text) { return h.lost > 0 ? "at least " + text : text; };
    return table_of<host_view>(hosts,
                               {{{"Host", "", align::left}, [](host h) { return h.name; }},
                                {{"Cores", ""}, [](host h) { return grouped(h.cores); }},
                                {{"Workers", ""}, [](host h) { return grouped(h.workers); }},
                                {{"Lost", ""}, [](host h) { return grouped(h.lost); }},
                                {{"Processes", ""}, [](host h) { return grouped(h.processes); }},
                                {{"In flight", ""}, [](host h) { return grouped(h.in_flight_limit); }},
                                {{"Orders", ""}, [=](host h) { return at_least(h, grouped(h.ended)); }},
                                {{"CPU", "s"}, [=](host h) { return at_least(h, seconds(h.cpu_s)); }},
                                {{"RSS", "MB"}, [](host h) { return megabytes(h.peak_rss_bytes); }},
                                {{"PSS", "MB"}, [](host h) { return megabytes(h.peak_pss_bytes); }}},
                               [](host h) { return h.lost > 0 ? tone::alarm : tone::plain; });
}

table workers_table(const std::vector<pattern_summary>& patterns) {
    return table_of<joined_worker>(workers_of(patterns),
                                   {{{"Host", "", align::left}, [](worker w) { return w.host; }},
                                    {{"Worker", "", align::left}, [](worker w) { return w.instance; }},
                                    {{"Processes", ""}, [](worker w) { return grouped(w.processes); }},
                                    {{"In flight", ""}, [](worker w) { return grouped(w.in_flight_limit); }},
                                    {{"Joined", "s"}, [](worker w) { return seconds(w.joined_s); }},
                                    {{"Orders", ""}, [](worker w) { return at_least(w, grouped(w.ended)); }},
                                    {{"CPU/order", "us"}, [](worker w) { return cpu_per_order(w); }},
                                    {{"RSS", "MB"}, [](worker w) { return megabytes(w.peak_rss_bytes); }},
                                    {{"PSS", "MB"}, [](worker w) { return megabytes(w.peak_pss_bytes); }},
                                    {{"Loop lag", "p99, ms"}, [](worker w) { return fixed(w.loop_lag_p99_ms, 1); }},
                                    {{"What happened", "", align::left}, [](worker w) { return story(w); }}},
                                   [](worker w) { return was_lost(w) ? tone::alarm : tone::plain; });
}

}  // namespace pipebench::reporting

// Every parameter of a run: parsed and validated once, then passed as const&, and as JSON to the run's process.
// Described by `pipebench run --help`.
#pragma once

#include "pipebench/arrivals.hpp"
#include "pipebench/duration.hpp"
#include "pipebench/objective.hpp"
#include "pipebench/order.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pipebench {

/// How a simulated latency varies around its mean.
struct jitter {
    enum class shape : std::uint8_t { none, uniform, lognormal };
    shape kind = shape::none;
    duration half_width{};  ///< uniform: mean - half_width .. mean + half_width
    double sigma = 0;       ///< lognormal: standard deviation of the logarithm; the mean is kept
    bool operator==(const jitter&) const = default;
};
[[nodiscard]] std::optional<jitter> parse_jitter(std::string_view text);  ///< none | uniform:20ms | lognormal:0.5
[[nodiscard]] std::string format_jitter(const jitter& j);

struct latency {
    duration mean{};
    jitter spread;
};

/// CPU time that the transform of an order costs beyond its own. It is spent as a fixed amount of work
/// (pipeline/transform_work.hpp), so an order costs more time on a machine that is busy.
struct cpu_cost {
    duration mean{};  ///< 0: none
    /// Lognormal: standard deviation of the logarithm; the mean is kept. 0: the same for all orders.
    double sigma = 0;
    [[nodiscard]] bool none() const noexcept { return mean == duration{}; }
    bool operator==(const cpu_cost&) const = default;
};
inline constexpr duration longest_cpu_cost = std::chrono::seconds{10};
/// none | 5ms | 5ms:lognormal:0.5; from 1us to 10s
[[nodiscard]] std::optional<cpu_cost> parse_cpu_cost(std::string_view text);
[[nodiscard]] std::string format_cpu_cost(const cpu_cost& c);

/// Where a pattern with event loops transforms orders.
struct transform_place {
    unsigned threads = 0;       ///< beside each loop; 0: on the loop itself
    bool in_processes = false;  ///< each thread has a process that does it
    /// How many processes there are beside each loop.
    [[nodiscard]] unsigned processes() const noexcept { return in_processes ? threads : 0; }
    bool operator==(const transform_place&) const = default;
};
inline constexpr unsigned most_transform_threads = 64;
/// loop | threads:2 | processes:2
[[nodiscard]] std::optional<transform_place> parse_transform_place(std::string_view text);
[[nodiscard]] std::string format_transform_place(const transform_place& p);

enum class connection_use : std::uint8_t { keep_alive, per_order };
enum class batch_mode : std::uint8_t { together, one_by_one };
/// `batch`: rows that wait for a connection at the same time share one statement, and so one transaction.
enum class write_mode : std::uint8_t { row, batch };

/// Times allowed to one order.
struct time_limits {
    duration attempt = std::chrono::seconds{10};  ///< one HTTP exchange or one statement, connecting included
    duration order = std::chrono::seconds{60};    ///< all attempts and the waits between them
};

/// Retry with full-jitter exponential backoff: sleep random(0, min(cap, base * 2^attempt)).
struct retry_policy {
    unsigned attempts = 4;  ///< 1 switches retrying off
    duration backoff_base = std::chrono::milliseconds{50};
    duration backoff_cap = std::chrono::seconds{2};
    double budget = 0.2;  ///< retries per order over the whole run, plus a small reserve (traffic.hpp)
};

/// The parameters of redis-streams.
struct stream_parameters {
    unsigned workers = 20;                     ///< asynchronous workers, all processes together
    unsigned processes = 4;                    ///< worker processes
    unsigned batch = 5;                        ///< XREADGROUP COUNT: orders a worker takes at once
    duration block = std::chrono::seconds{1};  ///< XREADGROUP BLOCK
    batch_mode mode = batch_mode::together;    ///< orders of a batch: concurrently, or one after another
    duration lease = std::chrono::seconds{5};  ///< an entry not renewed for longer is taken over
    unsigned max_deliveries = 5;               ///< deliveries without an end, then dead-lettered
};

struct workload {
    std::uint64_t orders = 10'000;
    std::uint64_t seed = 42;                               ///< orders, jitter and backoff are pure functions of it
    arrivals arrive;                                       ///< open load; a closed run without it
    std::vector<objective> objectives;                     ///< of an open run's responses
    latency http{std::chrono::milliseconds{100}, {}};      ///< simulated by the mock API
    duration db_latency = std::chrono::milliseconds{100};  ///< simulated in the client, plus the real write
    cpu_cost transform_cost;                               ///< spent in the transform
    transform_place transform_on;                          ///< of the patterns that have event loops
    connection_use connections = connection_use::keep_alive;
    time_limits limits;
    retry_policy retry;
    std::uint64_t rate_limit = 0;  ///< largest number of requests per second that the client sends; 0: no limit
    std::vector<order_id> poison;  ///< of the scenario: each kills the worker that begins it
    bool keep_storing = false;     ///< of workers elsewhere: a database that is away is tried again without end
    write_mode write = write_mode::row;
    unsigned write_batch = 100;         ///< most rows in one statement
    unsigned db_connections = 8;        ///< of a pattern, over all processes; at least one per process
    unsigned permits = 100;             ///< semaphore
    unsigned pool_processes = 100;      ///< process-pool
    unsigned threads = 100;             ///< thread-pool
    unsigned runner_concurrency = 100;  ///< passed to a runner (--runner)
    stream_parameters streams;          ///< redis-streams
};

/// The simulated time of one order: both latencies, and the mean cost of its transform.
[[nodiscard]] inline duration latency_of(const workload& w) {
    return w.http.mean + w.db_latency + w.transform_cost.mean;
}

/// How long an open run may go on after the last arrival.
[[nodiscard]] inline duration drain_of(const workload& w) {
    return w.arrive.drain > duration{} ? w.arrive.drain : w.limits.order;
}

void to_json(nlohmann::json& out, const workload& w);
void from_json(const nlohmann::json& in, workload& w);  ///< throws setup_error on a missing or wrong field

}  // namespace pipebench

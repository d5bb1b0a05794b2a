// Describes how API and database misbehave during a run. Each scenario is one JSON file (bench/scenarios/*.json,
// built into the binary). A scenario is read and checked once, then passed as const&. The faults of the API are drawn
// from (seed, order, attempt), so that every pattern gets the same ones.
#pragma once

#include "pipebench/duration.hpp"
#include "pipebench/order.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

/// How the API mistreats a request for an order.
enum class fault_kind : std::uint8_t {
    status,         ///< answers with `status`, and with Retry-After where it is set
    reset,          ///< the head and half of the body, then RST
    truncated,      ///< the head and half of the body, then FIN
    slow,           ///< answers well, `time` later
    black_hole,     ///< never answers; the connection stays open, up to the server's idle timeout of 75 s
    drip,           ///< answers well, one byte at a time with `time` between two bytes
    huge_body,      ///< Content-Length: 1 GB, and bytes without end
    endless_body,   ///< chunks without end
    huge_header,    ///< 1 MB of header fields
    not_json,       ///< 200 with text that is not JSON
    deep_json,      ///< 100,000 nested brackets
    nul_byte,       ///< the order, with a NUL in its customer
    bad_utf8,       ///< the order, with a byte in its customer that is not UTF-8
    huge_number,    ///< the order, with a quantity of 1e999
    wrong_order,    ///< another order
    wrong_content,  ///< another order's contents under this one's id: only the ledger notices
};
inline constexpr std::size_t fault_kind_count = 16;
[[nodiscard]] std::string_view name_of(fault_kind k) noexcept;  ///< as in the files: "black-hole"

struct fault {
    fault_kind kind = fault_kind::status;
    double share = 0;             ///< of all requests for orders, 0..1
    unsigned first_attempts = 0;  ///< only in this many first attempts of an order; 0: in all
    unsigned status = 503;
    std::optional<std::chrono::seconds> retry_after;
    duration time{};  ///< slow, drip
    bool operator==(const fault&) const = default;
};

/// How much the API serves at most; further requests get 429 with Retry-After. 0: no limit.
struct throttle {
    std::uint64_t concurrent = 0, per_second = 0;
    std::chrono::seconds retry_after{1};
    bool operator==(const throttle&) const = default;
};

/// When the share `at` of the orders has been answered, every connection to the API is reset for `time`.
struct outage {
    double at = 0;
    duration time{};  ///< 0: none
    bool operator==(const outage&) const = default;
};

struct api_trouble {
    std::vector<fault> faults;  ///< their shares add up to at most 1
    throttle limits;
    outage down;
    [[nodiscard]] bool none() const noexcept { return faults.empty() && limits == throttle{} && down == outage{}; }
    bool operator==(const api_trouble&) const = default;
};

struct database_trouble {
    duration latency{};       ///< added to every write, in the server, on its connection
    double terminate_at = 0;  ///< share of the orders after which all our backends are terminated; 0: never
    bool operator==(const database_trouble&) const = default;
};

struct scenario {
    std::string name, summary;
    api_trouble api;
    database_trouble database;
    std::vector<order_id> poison;  ///< orders that kill the worker that begins them
    std::string source;            ///< the name or file that find_scenario() was given
    bool operator==(const scenario&) const = default;
};

inline constexpr std::string_view clean_scenario =
    "clean";  ///< the name of the scenario without any trouble, the default
inline constexpr std::size_t max_scenario_bytes = 64 * 1024;

/// One scenario as JSON: {"name", "summary", "api": {"faults": [{"kind", "share", "first_attempts", "status",
/// "retry_after", "time"}], "throttle": {"concurrent", "per_second", "retry_after"}, "outage": {"at", "time"}},
/// "database": {"latency", "terminate_at"}, "poison": [ids]}. All but name and summary may be left out; an unknown
/// key is refused. Throws setup_error in one line that begins with `origin`.
[[nodiscard]] scenario parse_scenario(std::string_view json_text, std::string_view origin);

/// The built-in scenarios, `clean` first.
[[nodiscard]] std::span<const scenario> scenarios();

/// A built-in scenario by its name, or one from a file (if it has a '/' or ends in .json). Throws setup_error.
[[nodiscard]] scenario find_scenario(const std::string& name_or_file);

}  // namespace pipebench

// How the world around a run misbehaves: data, one file each (bench/scenarios/*.json, built into the binary), read and
// checked once, then passed as const&. The faults of the API are drawn from (seed, order, attempt), so that every
// pattern meets the same ones.
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

/// What the API does to a request for an order, in place of answering it well.
enum class fault_kind : std::uint8_t {
    status,         ///< answers with `status`, and with Retry-After where it is set
    reset,          ///< the head and half of the body, then RST
    truncated,      ///< the head and half of the body, then FIN
    slow,           ///< answers well, `time` later
    black_hole,     ///< never answers; the connection stays open, up to the server's idle timeout of 75 s
    drip,           ///< answers well, one byte at a time with `time` between two of them
    huge_body,      ///< Content-Length: 1 GB, and bytes without end
    endless_body,   ///< chunks without end
    huge_header,    ///< 1 MB of header fields
    not_json,       ///< 200 with text that is no JSON
    deep_json,      ///< 100,000 nested brackets
    nul_byte,       ///< the order, with a NUL in its customer
    bad_utf8,       ///< the order, with a byte that is no UTF-8 in its customer
    huge_number,    ///< the order, with a quantity of 1e999
    wrong_order,    ///< another order
    wrong_content,  ///< another order's contents under this one's id: only the ledger can tell
};
inline constexpr std::size_t fault_kind_count = 16;
[[nodiscard]] std::string_view name_of(fault_kind k) noexcept;  ///< as in the files: "black-hole"

struct fault {
    fault_kind kind = fault_kind::status;
    double share = 0;             ///< of all requests for orders, 0..1
    unsigned first_attempts = 0;  ///< only at this many first attempts of an order; 0: at any
    unsigned status = 503;
    std::optional<std::chrono::seconds> retry_after;
    duration time{};  ///< slow, drip
    bool operator==(const fault&) const = default;
};

/// What the API serves at the most; the rest gets 429 with Retry-After. 0: no limit.
struct throttle {
    std::uint64_t concurrent = 0, per_second = 0;
    std::chrono::seconds retry_after{1};
    bool operator==(const throttle&) const = default;
};

/// For `time` from when that share of the orders has been answered, every connection to the API is reset.
struct outage {
    double at = 0;
    duration time{};  ///< 0: none
    bool operator==(const outage&) const = default;
};

struct api_trouble {
    std::vector<fault> faults;  ///< their shares add up to 1 at most
    throttle limits;
    outage down;
    [[nodiscard]] bool none() const noexcept { return faults.empty() && limits == throttle{} && down == outage{}; }
    bool operator==(const api_trouble&) const = default;
};

struct database_trouble {
    duration latency{};       ///< that every write takes longer, in the server, on its connection
    double terminate_at = 0;  ///< share of the orders done at which all our backends are terminated; 0: never
    bool operator==(const database_trouble&) const = default;
};

struct scenario {
    std::string name, summary;
    api_trouble api;
    database_trouble database;
    std::vector<order_id> poison;  ///< orders that kill the worker that takes them on
    std::string source;            ///< what find_scenario() found it by
    bool operator==(const scenario&) const = default;
};

inline constexpr std::string_view calm = "clean";  ///< the scenario without any trouble, and the default
inline constexpr std::size_t max_scenario_bytes = 64 * 1024;

/// One scenario as JSON: {"name", "summary", "api": {"faults": [{"kind", "share", "first_attempts", "status",
/// "retry_after", "time"}], "throttle": {"concurrent", "per_second", "retry_after"}, "outage": {"at", "time"}},
/// "database": {"latency", "terminate_at"}, "poison": [ids]}. All but name and summary may be left out; an unknown key is
/// refused. Throws setup_error in one line that begins with `origin`.
[[nodiscard]] scenario parse_scenario(std::string_view json_text, std::string_view origin);

/// Those that are built in, `clean` first.
[[nodiscard]] std::span<const scenario> scenarios();

/// A built-in one by its name, or one from a file (whatever has a '/' or ends in .json). Throws setup_error.
[[nodiscard]] scenario find_scenario(const std::string& name_or_file);

}  // namespace pipebench

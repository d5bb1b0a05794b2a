// What a session and the workers that join it from anywhere tell each other through Redis, as JSON. The words of the
// other side are hostile until they are parsed. No address and no secret is among them.
#pragma once

#include "pipebench/result.hpp"
#include "pipebench/workload.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace pipebench {

/// Of the cards and of the entries on the stream of results; only equal ones understand each other.
inline constexpr std::uint64_t join_protocol = 1;

/// a-z, 0-9 and '-', 40 at most; the first is a letter.
[[nodiscard]] bool is_session_name(std::string_view name) noexcept;

/// The keys by which workers find a named session.
struct join_keys {
    explicit join_keys(const std::string& name)
        : owner("pipebench:session:" + name + ":owner"),
          card("pipebench:session:" + name + ":card"),
          workers("pipebench:session:" + name + ":workers") {}
    std::string owner;    ///< of whoever holds the name: its session_card::session
    std::string card;     ///< a session_card
    std::string workers;  ///< a hash: worker_card::instance -> worker_card
};

/// Of a session, as it is now.
enum class session_phase : std::uint8_t {
    waiting,  ///< a run is announced; workers make ready for it
    running,
    between,  ///< a run has ended: workers drain, and sign off from it
};
inline constexpr std::size_t session_phase_count = 3;
[[nodiscard]] std::string_view name_of(session_phase p) noexcept;

struct session_card {
    std::string version;  ///< of its pipebench
    std::string session;  ///< random: tells sessions of one name apart
    session_phase phase = session_phase::between;
    std::uint64_t run = 0;  ///< from 1; 0: none yet
    workload work;
    std::string schema, table;  ///< in PostgreSQL
    std::string stream;         ///< key prefix of the run
    double transform_rounds_per_us = 0;
};

/// What a worker does.
enum class worker_phase : std::uint8_t {
    joined,      ///< between runs
    working,     ///< its processes take orders of `run`
    drained,     ///< of `run`: all that it had in hand is acknowledged
    signed_off,  ///< it has left, with nothing in hand
    gave_up,     ///< it has left, and what it had in hand stays pending
};
inline constexpr std::size_t worker_phase_count = 5;
[[nodiscard]] std::string_view name_of(worker_phase p) noexcept;

struct worker_card {
    std::string instance;  ///< 16 random hexadecimal digits
    std::string session;   ///< of the session_card that it has read
    std::string host, kernel, version;
    std::uint64_t pid = 0, cores = 0;
    std::uint64_t processes = 0, workers = 0, in_flight_limit = 0;
    worker_phase phase = worker_phase::joined;
    std::uint64_t beat = 0;                          ///< grows with each card
    std::uint64_t run = 0;                           ///< the rest is of this run
    std::uint64_t ended = 0, in_hand = 0;            ///< orders
    std::uint64_t retries = 0, refused_retries = 0;  ///< of HTTP requests, as in run_result
    double cpu_user_s = 0, cpu_system_s = 0;
    known_bytes peak_rss_bytes, peak_pss_bytes;
    double loop_lag_p99_ms = 0;  ///< NaN: not measured
    double clock_s = 0;          ///< its wall clock, since 1970: for display alone
};

[[nodiscard]] std::string to_text(const session_card& card);
[[nodiscard]] std::string to_text(const worker_card& card);

/// Throws setup_error, in one line, if the text is not such a card, or if one of its values is none that pipebench writes.
[[nodiscard]] session_card parse_session_card(std::string_view json_text);
[[nodiscard]] worker_card parse_worker_card(std::string_view json_text);

/// 16 random hexadecimal digits. Throws setup_error.
[[nodiscard]] std::string new_instance_id();
[[nodiscard]] bool is_instance_id(std::string_view text) noexcept;

}  // namespace pipebench

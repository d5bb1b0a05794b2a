// Decides what the mock order API answers, and when: a pure function of the settings and the request, without a
// socket, a clock or a thread. request_reader.hpp parses a request, reply_writer.hpp renders a reply, and server.hpp
// drives both.
//
// GET /orders/{id}   the order, after the simulated latency; 404 for an id without an order, 400 for an invalid id
// GET /healthz       "ok"
// GET /about         what this server is and simulates, as JSON (contracts/mock_api_card.hpp)
// GET /stats         the server's counters, as JSON
//
// HEAD is answered like GET; other methods get 405. There is no Date field, so that a reply is the same at any time.
#pragma once

#include "contracts/scenario.hpp"
#include "pipebench/order.hpp"
#include "pipebench/workload.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pipebench {

struct api_settings {
    std::uint64_t seed = 42;               ///< orders and latencies are pure functions of it
    latency http;                          ///< of every order answered; a mean of 0 answers at once
    api_trouble trouble;                   ///< of the scenario
    std::string scenario{clean_scenario};  ///< its name
    std::uint64_t orders = 0;              ///< of the run; an outage begins when its share of them has been answered
};

enum class api_resource : std::uint8_t { none, order, health, about, stats };
enum class reply_form : std::uint8_t { whole, head_only };
/// announce_keep_alive: for HTTP/1.0, where close is the default.
enum class persistence : std::uint8_t { keep_alive, announce_keep_alive, close };

/// A decision, small and without text. reply_writer renders it.
struct api_reply {
    unsigned status = 400;
    api_resource resource = api_resource::none;  ///< the requested resource, whatever the status
    reply_form form = reply_form::whole;
    persistence connection = persistence::close;
    order_id id = 0;
    duration delay{};                    ///< from the moment at which the request has been read
    std::optional<fault_kind> fault;     ///< of the scenario
    duration pace{};                     ///< of a drip: between two bytes
    std::chrono::seconds retry_after{};  ///< 0: the reply has no Retry-After
    bool operator==(const api_reply&) const = default;
};

/// Decides the answer and its delay. `method` and `target` as in the request line; the caller sets `connection`.
[[nodiscard]] api_reply reply_to(const api_settings& settings, std::string_view method, std::string_view target);

/// The simulated latency of an order: mean and spread as set, within 0..max_duration, the same for every attempt.
[[nodiscard]] duration delay_of(const api_settings& settings, order_id id);

}  // namespace pipebench

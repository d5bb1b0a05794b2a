// Decides which fault of a scenario a request gets, and renders a reply with it. Pure: no socket, no clock.
#pragma once

#include "mock_api/behaviour.hpp"

#include <cstdint>
#include <string>

namespace pipebench {

inline constexpr unsigned most_attempts = 255;  ///< later attempts of an order get the same fault as this one
inline constexpr std::size_t nested_brackets = 100'000;
inline constexpr std::uint64_t huge_header_bytes = 1'000'000;
inline constexpr std::uint64_t announced_body_bytes = 1'000'000'000;
/// "Without end" means this many bytes: then the server closes, even if the client has not.
inline constexpr std::uint64_t endless_bytes = 64'000'000;
inline constexpr std::size_t filler_piece = 32'000;  ///< most bytes appended at once

/// The fault that a request gets, or null. It depends only on seed, order and attempt (from 1), so that every client
/// gets the same faults, in any process.
[[nodiscard]] const fault* draw_fault(const api_settings& settings, order_id id, unsigned attempt);

/// Changes a good reply into one with the fault.
void apply_fault(api_reply& reply, const fault& done);

/// Whether the client gets its order. False for a drip, which may still be cut off.
[[nodiscard]] bool is_answered_well(const api_reply& reply) noexcept;

/// The body of a reply with a fault. `memory` is overwritten.
void write_faulty_body(std::string& out, order& memory, const api_reply& reply, std::uint64_t seed);

/// Bytes of filler in a reply; 0 for most. In a huge header it follows the status line, in a body the header.
[[nodiscard]] std::uint64_t filler_bytes(const api_reply& reply) noexcept;
/// Appends the piece that begins `so_far` bytes into the filler: at most filler_piece bytes, and none at the end.
void append_filler(std::string& out, const api_reply& reply, std::uint64_t so_far);

}  // namespace pipebench

// What a scenario does to the answers of the mock API: which fault a request gets, and how a reply looks with it.
// Pure, as behaviour.hpp is: no socket, no clock.
#pragma once

#include "mock_api/behaviour.hpp"

#include <cstdint>
#include <string>

namespace pipebench {

inline constexpr unsigned most_attempts = 255;  ///< all later attempts of an order meet what this one meets
inline constexpr std::size_t nested_brackets = 100'000;
inline constexpr std::uint64_t huge_header_bytes = 1'000'000;
inline constexpr std::uint64_t announced_body_bytes = 1'000'000'000;
/// "Without end" is as much as this: the server closes then, whether or not the client has.
inline constexpr std::uint64_t endless_bytes = 64'000'000;
inline constexpr std::size_t filler_piece = 32'000;  ///< made at once of what is long

/// The fault that a request meets, or none. A function of seed, order and attempt (1 is the first) alone, so that
/// clients of any kind meet the same ones, in any process.
[[nodiscard]] const fault* draw_fault(const api_settings& settings, order_id id, unsigned attempt);

/// Turns the decision for a good answer into the one with the fault.
void do_fault(api_reply& reply, const fault& done);

/// Whether the client gets its order as it should. A drip does not count: it may yet be cut off.
[[nodiscard]] bool is_answered_well(const api_reply& reply) noexcept;

/// The body of a reply with a fault. `memory` is overwritten.
void write_faulty_body(std::string& out, order& memory, const api_reply& reply, std::uint64_t seed);

/// Bytes of filler that a reply has: 0 for most. Those of a huge header come after the status line, those of a body
/// after the header.
[[nodiscard]] std::uint64_t filler_bytes(const api_reply& reply) noexcept;
/// Appends the next piece, `so_far` bytes from the beginning; at most filler_piece, and none when all is there.
void append_filler(std::string& out, const api_reply& reply, std::uint64_t so_far);

}  // namespace pipebench

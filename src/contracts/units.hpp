// Durations, sizes, counts, rates and shares as people write them: "100ms", "500MB", "10k", "500/s", "20%". One
// parser for the command line and for saved results. Everything here is pure.
#pragma once

#include "pipebench/duration.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pipebench {

/// A number with a unit of us, ms, s, m or h ("0" needs none). nullopt for anything else, for a negative value and
/// for more than max_duration.
[[nodiscard]] std::optional<duration> parse_duration(std::string_view text);

/// The shortest exact form that parse_duration() reads: "100ms", "1.5s", "250us".
[[nodiscard]] std::string format_duration(duration d);

/// A whole number, with an optional suffix k (10^3) or M (10^6): "10k", "1.5M"; nullopt for anything else.
[[nodiscard]] std::optional<std::uint64_t> parse_count(std::string_view text);

/// A number of bytes, with a unit of B, kB, MB, GB (10^3) or KiB, MiB, GiB (2^10); nullopt for anything else, and for
/// less than one byte or more than 10^15.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);

/// Events per second: "500/s", "10k/s"; nullopt for anything else and for 0.
[[nodiscard]] std::optional<std::uint64_t> parse_rate(std::string_view text);

/// "5%" and "0.05" give 0.05; nullopt for anything else, and outside 0 to 100 %.
[[nodiscard]] std::optional<double> parse_share(std::string_view text);

}  // namespace pipebench

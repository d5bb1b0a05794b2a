// Functions that the targets share. Each file here is one target: it states a property of code that reads foreign
// bytes, and aborts if the property does not hold. libFuzzer searches for such bytes (scripts/fuzz.sh); replay.cpp
// repeats the corpus in every test run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace pipebench::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return size == 0 ? std::string_view{} : std::string_view{reinterpret_cast<const char*>(data), size};
}

/// Aborts if the property does not hold, so that libFuzzer keeps the input.
inline void require(bool holds, const char* property) {
    if (holds) return;
    std::fprintf(stderr, "broken: %s\n", property);
    std::abort();
}

/// Whether the text has C0 controls, which a terminal may execute.
inline bool has_control(std::string_view text, std::string_view allowed = {}) {
    for (const char c : text)
        if ((static_cast<unsigned char>(c) < 0x20 || c == 0x7f) && allowed.find(c) == allowed.npos) return true;
    return false;
}

/// Deep nesting and other repetitions that are too long for the corpus.
inline std::string repeated(std::string_view part, std::size_t times) {
    std::string out;
    while (times-- > 0) out += part;
    return out;
}
inline constexpr std::size_t very_deep = 100'000;

}  // namespace pipebench::fuzz

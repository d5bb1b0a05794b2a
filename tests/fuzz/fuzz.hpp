// What the targets share. Each file here is one target: it states a property of one piece of code that reads foreign
// bytes, and aborts when it is broken. libFuzzer looks for such bytes (scripts/fuzz.sh); replay.cpp repeats, in every
// test run, those that are worth it.
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

/// An abort is what libFuzzer keeps an input for.
inline void require(bool holds, const char* property) {
    if (holds) return;
    std::fprintf(stderr, "broken: %s\n", property);
    std::abort();
}

/// C0 controls, of which a terminal makes commands.
inline bool has_control(std::string_view text, std::string_view allowed = {}) {
    for (const char c : text)
        if ((static_cast<unsigned char>(c) < 0x20 || c == 0x7f) && allowed.find(c) == allowed.npos) return true;
    return false;
}

/// What recursion would die of, and other repetitions; too long for the corpus.
inline std::string repeated(std::string_view part, std::size_t times) {
    std::string out;
    while (times-- > 0) out += part;
    return out;
}
inline constexpr std::size_t very_deep = 100'000;

}  // namespace pipebench::fuzz

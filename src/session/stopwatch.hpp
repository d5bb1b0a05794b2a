// Measures elapsed time.
#pragma once

#include <chrono>

namespace pipebench {

/// Starts when constructed. Uses the steady clock, which changes of the system time do not affect.
class stopwatch {
public:
    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
    }

private:
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace pipebench

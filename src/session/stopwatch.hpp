// How long something has taken so far.
#pragma once

#include <chrono>

namespace pipebench {

/// Started when it is made. Steady: a change of the system's time does not change it.
class stopwatch {
public:
    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
    }

private:
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace pipebench

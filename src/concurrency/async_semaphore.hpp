// A counting semaphore for the coroutines of one event loop. First come, first served.
#pragma once

#include "concurrency/suspend.hpp"

#include <deque>
#include <utility>

namespace pipebench {

class async_semaphore {
public:
    /// The right to be in flight; the destructor releases it.
    class permit {
    public:
        explicit permit(async_semaphore& from) noexcept : from_(&from) {}
        permit(permit&& other) noexcept : from_(std::exchange(other.from_, nullptr)) {}
        permit& operator=(permit&&) = delete;
        ~permit() {
            if (from_ != nullptr) from_->release();
        }

    private:
        async_semaphore* from_;
    };

    async_semaphore(executor ex, std::size_t permits) : executor_(ex), free_(permits) {}

    task<permit> acquire();
    /// Whether acquire() would wait.
    [[nodiscard]] bool all_taken() const noexcept { return free_ == 0; }

private:
    void release();

    executor executor_;
    std::size_t free_;
    std::deque<resumer<>> waiting_;
};

}  // namespace pipebench

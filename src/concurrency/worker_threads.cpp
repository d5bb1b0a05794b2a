#include "concurrency/worker_threads.hpp"

#include "contracts/error.hpp"

#include <fmt/format.h>

#include <system_error>
#include <utility>

namespace pipebench {

worker_threads::worker_threads(std::size_t count, std::function<void()> body, std::function<void()> end)
    : body_(std::move(body)), end_(std::move(end)) {
    try {
        while (threads_.size() < count) threads_.emplace_back([this] { run(); });
    } catch (const std::system_error& e) {
        const auto started = threads_.size();
        end_();
        threads_.clear();
        throw start_failure(fmt::format("thread {} of {}", started + 1, count), e.code().value());
    }
}

void worker_threads::join() {
    end_();
    threads_.clear();
    if (failure_) std::rethrow_exception(failure_);
}

void worker_threads::run() noexcept {
    try {
        body_();
    } catch (...) {
        {
            const std::lock_guard lock(mutex_);
            if (!failure_) failure_ = std::current_exception();
        }
        end_();
    }
}

}  // namespace pipebench

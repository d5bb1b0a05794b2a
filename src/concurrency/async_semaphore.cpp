#include "concurrency/async_semaphore.hpp"

#include <boost/asio/post.hpp>

namespace pipebench {

task<async_semaphore::permit> async_semaphore::acquire() {
    const auto queue_up = [this](resumer<> resume) { waiting_.push_back(std::move(resume)); };
    if (free_ > 0) --free_;
    else  // whoever releases hands its permit over: free_ stays as it is
        co_await asio::async_initiate<const asio::use_awaitable_t<executor>&, void()>(queue_up, use_task);
    co_return permit(*this);
}

void async_semaphore::release() {
    if (waiting_.empty()) {
        ++free_;
        return;
    }
    asio::post(executor_, [resume = std::move(waiting_.front())]() mutable { std::move(resume)(); });
    waiting_.pop_front();
}

}  // namespace pipebench

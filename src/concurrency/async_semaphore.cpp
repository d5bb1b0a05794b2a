#include "concurrency/async_semaphore.hpp"

namespace pipebench {

task<async_semaphore::permit> async_semaphore::acquire() {
    // release() passes its permit directly to the first waiter and leaves `free_` unchanged.
    if (free_ > 0) --free_;
    else co_await suspend([this](resumer<> resume) { waiting_.push_back(std::move(resume)); });
    co_return permit(*this);
}

void async_semaphore::release() {
    if (waiting_.empty()) {
        ++free_;
        return;
    }
    resume_soon(executor_, std::move(waiting_.front()));
    waiting_.pop_front();
}

}  // namespace pipebench

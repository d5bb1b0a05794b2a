#include "concurrency/task_group.hpp"

#include <boost/asio/co_spawn.hpp>

#include <cassert>

namespace pipebench {

task_group::~task_group() { assert(running_ == 0); }

void task_group::spawn(task<> work) {
    ++running_;
    asio::co_spawn(executor_, std::move(work), [this](std::exception_ptr failure) { member_ended(failure); });
}

void task_group::member_ended(std::exception_ptr failure) {
    if (failure && !failure_) failure_ = failure;
    if (failure && on_failure_) on_failure_();
    --running_;
    if (running_ > 0 || !joiner_) return;
    resume_soon(executor_, std::move(*joiner_));
    joiner_.reset();
}

task<> task_group::join() {
    if (running_ > 0) co_await suspend([this](resumer<> resume) { joiner_.emplace(std::move(resume)); });
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

}  // namespace pipebench

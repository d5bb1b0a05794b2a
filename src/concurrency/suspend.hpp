// How coroutines wait for each other: one suspends and leaves a resumer, which another one calls.
#pragma once

#include "pipebench/async.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace pipebench {

/// Resumes a suspended coroutine. Call it once, on the coroutine's executor, with the results that it awaits.
template <class... Results>
using resumer = typename asio::async_result<asio::use_awaitable_t<executor>, void(Results...)>::handler_type;

/// Suspends the coroutine that awaits it, and then calls `keep` with its resumer. Returns the arguments of the
/// resumer.
template <class... Results, class Keep>
[[nodiscard]] auto suspend(Keep keep) {
    return asio::async_initiate<const asio::use_awaitable_t<executor>&, void(Results...)>(std::move(keep), use_task);
}

/// Resumes a coroutine in a later turn of its loop, so that it does not run within the caller.
template <class Resumer, class... Results>
void resume_soon(const executor& ex, Resumer resume, Results... results) {
    asio::post(ex, [resume = std::move(resume), ... results = std::move(results)]() mutable {
        std::move(resume)(std::move(results)...);
    });
}

}  // namespace pipebench

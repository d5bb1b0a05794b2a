// How our coroutines wait for each other: one suspends and leaves a resumer behind, another one calls it.
#pragma once

#include "pipebench/async.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace pipebench {

/// What a suspended coroutine leaves behind: call it once, on its executor, with the results that it waits for.
template <class... Results>
using resumer = typename asio::async_result<asio::use_awaitable_t<executor>, void(Results...)>::handler_type;

/// Suspends the coroutine that awaits it, and then calls `keep` with its resumer. The result is what the resumer is
/// called with.
template <class... Results, class Keep>
[[nodiscard]] auto suspend(Keep keep) {
    return asio::async_initiate<const asio::use_awaitable_t<executor>&, void(Results...)>(std::move(keep), use_task);
}

/// Resumes a coroutine in a later turn of its loop: what the caller does next is not interrupted by it.
template <class Resumer, class... Results>
void resume_soon(const executor& ex, Resumer resume, Results... results) {
    asio::post(ex, [resume = std::move(resume), ... results = std::move(results)]() mutable {
        std::move(resume)(std::move(results)...);
    });
}

}  // namespace pipebench

#include "concurrency/arrivals.hpp"

#include <boost/asio/redirect_error.hpp>

#include <thread>
#include <utility>

namespace pipebench {

task<> async_arrivals::pace() {
    if (!orders_.is_open()) co_return;
    boost::system::error_code ec;
    while (!orders_.all_arrived()) {
        orders_.admit();
        wake_taker();
        until_.expires_after(orders_.until_next());
        co_await until_.async_wait(asio::redirect_error(use_task, ec));
    }
    wake_taker();
}

void async_arrivals::wake_taker() {
    if (taker_) resume_soon(executor_, *std::exchange(taker_, std::nullopt));
}

task<std::optional<order_id>> async_arrivals::next() {
    for (;;) {
        if (const auto id = orders_.take(); id || orders_.all_taken()) co_return id;
        co_await suspend([this](resumer<> resume) { taker_.emplace(std::move(resume)); });
    }
}

std::optional<order_id> next_arrival(order_source& orders) {
    for (;;) {
        orders.admit();
        if (const auto id = orders.take(); id || orders.all_taken()) return id;
        std::this_thread::sleep_for(orders.until_next());
    }
}

std::size_t queue_capacity(const order_source& orders, std::size_t usual) {
    return orders.is_open() ? static_cast<std::size_t>(orders.orders()) : usual;
}

}  // namespace pipebench

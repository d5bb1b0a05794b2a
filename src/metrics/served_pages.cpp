#include "metrics/served_pages.hpp"

#include "contracts/error.hpp"
#include "contracts/without_signals.hpp"

#include <boost/asio/post.hpp>

#include <system_error>
#include <utility>

namespace pipebench {

served_pages::served_pages(descriptor listener, http_pages pages) try
    : endpoint_(loop_.get_executor(), std::move(listener), std::move(pages)) {
    const without_signals guard;
    thread_ = std::thread([this] { loop_.run(); });
} catch (const std::system_error& e) {
    throw start_failure("a thread for the metrics", e.code().value());
}

served_pages::~served_pages() {
    asio::post(loop_, [this] { endpoint_.stop(); });
    thread_.join();
}

}  // namespace pipebench

// An http_endpoint on a thread of its own, for a program that has no event loop.
#pragma once

#include "metrics/http_endpoint.hpp"

#include <thread>

namespace pipebench {

/// Serves from construction to destruction. The texts of the pages are made on its thread, which blocks all signals.
class served_pages {
public:
    served_pages(descriptor listener, http_pages pages);  ///< throws setup_error if there can be no thread
    served_pages(const served_pages&) = delete;
    served_pages& operator=(const served_pages&) = delete;
    ~served_pages();

private:
    asio::io_context loop_{1};
    http_endpoint endpoint_;
    std::thread thread_;
};

}  // namespace pipebench

// Where the documents that a view shows come from: a session's address, or a file that grows.
#pragma once

#include "pipebench/async.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

struct source_answer {
    std::vector<std::string> documents{};  ///< those that are new, the oldest first; not checked
    std::string trouble{};                 ///< why there are none; empty: there is just no new one
    bool refused = false;                  ///< nobody listens at the address
};

/// Asks once. On the thread of its event loop. Never throws.
using status_source = std::function<task<source_answer>()>;

inline constexpr std::chrono::seconds longest_answer_time{2};  ///< from connecting to the last byte
inline constexpr std::size_t longest_file_tail = 4'000'000;    ///< bytes at the end of a file that are read at first

struct status_address {
    std::string host;  ///< a name or an IP address, without brackets
    std::uint16_t port = 0;
    std::string target;  ///< "/status"
    std::string authority;
};

/// "http://127.0.0.1:9464", alone, or with the path of one of its pages, or with a prefix. Throws setup_error.
[[nodiscard]] status_address parse_status_address(std::string_view url);

/// Finds the host at once; throws setup_error if there is none of that name.
[[nodiscard]] status_source documents_at(executor where, const status_address& address);

/// One document per line; at each call those that are complete and new. A file that has become shorter is read again.
/// Throws setup_error if it cannot be opened.
[[nodiscard]] status_source documents_in(const std::string& path);

}  // namespace pipebench

// Renders replies of the mock API as bytes.
#pragma once

#include "mock_api/behaviour.hpp"
#include "mock_api/counters.hpp"

#include <cstdint>
#include <string>

namespace pipebench {

/// Reuses its memory from reply to reply: one per thread.
class reply_writer {
public:
    explicit reply_writer(const api_settings& settings) : settings_(settings) {}
    /// Appends the reply; if it has filler (faults.hpp), only the part before that. `stats` is only used for /stats.
    void append(std::string& out, const api_reply& reply, const api_stats& stats = {});
    enum class remainder { more, none };
    /// Appends the next piece of a reply with filler. `so_far`: bytes of filler appended before; it is advanced.
    remainder append_more(std::string& out, const api_reply& reply, std::uint64_t& so_far);

private:
    void append_from_fields(std::string& out, const api_reply& reply);
    void write_body(const api_reply& reply, const api_stats& stats);

    const api_settings& settings_;
    order order_;
    std::string body_;
};

}  // namespace pipebench

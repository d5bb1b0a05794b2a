// The record of a run: owns the memory that the session, the run and its workers share, and gives three views of it:
// order_log (by log()) for patterns, run_marks for the code that starts and stops a run, and run_reader.
#pragma once

#include "contracts/run_findings.hpp"
#include "contracts/run_marks.hpp"
#include "contracts/run_reader.hpp"
#include "contracts/traffic.hpp"
#include "contracts/trouble_board.hpp"
#include "pipebench/order_log.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace pipebench {

/// It needs one byte and four bits per order, and about 10 MB if spans are kept.
class recorder : public run_reader, public run_marks {
public:
    /// `trace`: the orders of which spans are kept; nullopt: of none, without memory for them. Throws setup_error.
    static recorder create(std::uint64_t orders, const std::optional<trace_sampling>& trace = std::nullopt);
    static recorder attach(int descriptor);  ///< maps the memory of create(); takes ownership of the descriptor

    /// Another process passes it to attach().
    [[nodiscard]] int descriptor() const noexcept { return memory_.get_deleter().descriptor; }

    /// `when`: see order_log.
    [[nodiscard]] order_log log(const arrival_schedule* when = nullptr) noexcept { return order_log(*memory_, when); }
    [[nodiscard]] stop_flag stop() const noexcept;
    /// The state of the retry budget and the rate limit, which all workers share.
    [[nodiscard]] traffic_state& shared_traffic() const noexcept;
    /// For what its workers find out; run_reader reads it.
    [[nodiscard]] run_findings findings() const noexcept;
    /// For the process that replaces its workers; run_reader reads it.
    [[nodiscard]] process_log processes() const noexcept;

private:
    struct unmap {
        std::size_t bytes;
        int descriptor;
        void operator()(record_board* board) const noexcept;
    };
    using mapping = std::unique_ptr<record_board, unmap>;
    explicit recorder(mapping memory) noexcept
        : run_reader(*memory), run_marks(*memory), memory_(std::move(memory)) {}

    mapping memory_;
};

}  // namespace pipebench

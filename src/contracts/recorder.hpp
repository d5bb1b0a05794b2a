// One run's record: the owner of the memory that the session, the run and its workers share, and its three views.
// Pass on the view that is needed: log() to patterns, run_marks to what starts and stops a run, or run_reader.
#pragma once

#include "contracts/run_marks.hpp"
#include "contracts/run_reader.hpp"
#include "contracts/traffic.hpp"
#include "pipebench/order_log.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace pipebench {

/// It holds a byte and four bits an order, no more.
class recorder : public run_reader, public run_marks {
public:
    static recorder create(std::uint64_t orders);  ///< throws setup_error
    static recorder attach(int descriptor);        ///< maps what create() made; takes the descriptor over

    /// For another process to attach().
    [[nodiscard]] int descriptor() const noexcept { return memory_.get_deleter().descriptor; }

    [[nodiscard]] order_log log() noexcept { return order_log(*memory_); }
    [[nodiscard]] stop_flag stop() const noexcept;
    /// What all workers share of the retry budget and the rate limit.
    [[nodiscard]] traffic_state& shared_traffic() const noexcept;

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

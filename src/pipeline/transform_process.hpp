// A process that transforms orders for one thread (--transform-on processes:N). It is this program again, started with
// the hidden command _transform; a pair of connected sockets carries the bodies there and the rows back.
#pragma once

#include "pipebench/order.hpp"
#include "pipeline/transform_work.hpp"
#include "system/child_process.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace pipebench {

/// For the thread that constructs it: the process ends with that thread.
class transform_process {
public:
    enum class answer : std::uint8_t {
        transformed,
        no_such_order,  ///< the body is not this order; who transforms it here finds out why
        died,           ///< two processes in turn, or they could not be started
        late,           ///< no answer by the deadline; the process was killed
    };

    using clock = std::chrono::steady_clock;

    /// Starts the process. `binary`: a pipebench of this version.
    transform_process(std::string binary, const transform_work& extra);

    /// Blocks until the deadline at most. `row` is set if it was transformed. If the process dies, a new one tries this
    /// order once more.
    [[nodiscard]] answer transform(order_id id, std::string_view body, clock::time_point deadline, order_row& row);

    [[nodiscard]] pid_t pid() const noexcept { return now_ ? now_->process.pid() : 0; }  ///< 0: there is none
    [[nodiscard]] unsigned deaths() const noexcept { return deaths_; }
    [[nodiscard]] const std::string& last_death() const noexcept { return last_death_; }

private:
    struct running {
        child_process process;
        descriptor channel;
    };

    void start();
    [[nodiscard]] std::optional<answer> ask(order_id id, std::string_view body, order_row& row);
    [[nodiscard]] bool bury(clock::time_point deadline);

    std::string binary_;
    transform_work extra_;
    std::optional<running> now_;
    unsigned deaths_ = 0;
    std::string last_death_;
};

/// The descriptor that `pipebench _transform` finds open.
inline constexpr int transform_descriptor = 3;
/// The work of that process: returns when the other side has closed `channel`.
void serve_transforms(int channel);

}  // namespace pipebench

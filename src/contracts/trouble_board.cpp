#include "contracts/trouble_board.hpp"

#include "contracts/record_board.hpp"

namespace pipebench {

void process_log::died(pid_t pid, int status) const noexcept {
    if (board_ != nullptr) board_->processes.add({now_ns(), pid, status, false});
}

void process_log::replaced_by(pid_t pid) const noexcept {
    if (board_ != nullptr) board_->processes.add({now_ns(), pid, 0, true});
}

}  // namespace pipebench

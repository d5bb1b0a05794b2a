// What a child process prints, read without waiting for it.
#pragma once

#include "system/descriptor.hpp"

namespace pipebench {

/// The child writes and waits while the pipe is full; we take what is there. One thread.
class output_pipe {
public:
    output_pipe();  ///< throws setup_error

    [[nodiscard]] int write_end() const noexcept { return ends_.write_end.get(); }
    [[nodiscard]] int read_end() const noexcept { return ends_.read_end.get(); }  ///< -1 once all writers are gone
    void close_write_end() noexcept { ends_.write_end.reset(); }

    /// Appends what has arrived to `text`, until that is longer than `limit`: a writer without end would keep us for
    /// ever. Returns whether the limit stopped it, and so more may be there.
    bool drain_into(std::string& text, std::size_t limit);

private:
    pipe_ends ends_ = make_pipe();
};

}  // namespace pipebench

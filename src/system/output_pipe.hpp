// Reads the output of a child process without blocking.
#pragma once

#include "system/descriptor.hpp"

namespace pipebench {

/// The child blocks while the pipe is full; drain_into() never blocks. One thread.
class output_pipe {
public:
    output_pipe();  ///< throws setup_error

    [[nodiscard]] int write_end() const noexcept { return ends_.write_end.get(); }
    [[nodiscard]] int read_end() const noexcept { return ends_.read_end.get(); }  ///< -1 at the end of the output
    void close_write_end() noexcept { ends_.write_end.reset(); }

    /// Appends the available output to `text`, until that is longer than `limit`, so that an endless writer cannot
    /// keep us. Returns whether the limit stopped it: then more may be available.
    bool drain_into(std::string& text, std::size_t limit);

private:
    pipe_ends ends_ = make_pipe();
};

}  // namespace pipebench

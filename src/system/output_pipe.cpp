#include "system/output_pipe.hpp"

#include <fcntl.h>

namespace pipebench {

output_pipe::output_pipe() { ::fcntl(ends_.read_end.get(), F_SETFL, O_NONBLOCK); }

bool output_pipe::drain_into(std::string& text, std::size_t limit) {
    if (!ends_.read_end.is_open()) return false;
    const auto stop = read_into(text, ends_.read_end.get(), limit);
    if (stop == read_stop::at_end) ends_.read_end.reset();  // poll() would return at once from now on
    return stop == read_stop::over_limit;
}

}  // namespace pipebench

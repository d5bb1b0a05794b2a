#include "measure/schedule_file.hpp"

#include "contracts/error.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <iterator>
#include <string_view>

namespace pipebench {
namespace {

constexpr std::size_t chunk_bytes = 64 * 1024;

void write_all(int to, std::string_view text) {
    while (!text.empty()) {
        const auto n = ::write(to, text.data(), text.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) throw system_failure("cannot write the arrivals of a run", errno);
        text.remove_prefix(static_cast<std::size_t>(n));
    }
}

}  // namespace

schedule_file::schedule_file(const arrival_schedule& when)
    : file_(::memfd_create("pipebench-arrivals", MFD_CLOEXEC)) {
    if (!file_.is_open()) throw system_failure("cannot keep the arrivals of a run", errno);
    fmt::memory_buffer lines;
    for (order_id id = 1; id <= when.orders(); ++id) {
        const std::chrono::duration<double, std::milli> at = when.at(id);
        fmt::format_to(std::back_inserter(lines), "{:.3f}\n", at.count());
        if (lines.size() < chunk_bytes && id < when.orders()) continue;
        write_all(file_.get(), {lines.data(), lines.size()});
        lines.clear();
    }
}

std::string schedule_file::path() const { return fmt::format("/proc/{}/fd/{}", ::getpid(), file_.get()); }

}  // namespace pipebench

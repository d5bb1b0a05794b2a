#include "contracts/recorder.hpp"

#include "contracts/error.hpp"
#include "contracts/record_board.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <new>

namespace pipebench {
namespace {

void* map(int descriptor, std::size_t bytes) {
    void* at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (at == MAP_FAILED) throw system_failure("cannot map the recorder's memory", errno);
    return at;
}

void add_spans(record_board& board, const trace_sampling& trace) {
    auto* const start = reinterpret_cast<std::byte*>(&board);
    // Not constructed: that would write all of it, and its initial value is the zero of the kernel's pages.
    auto* const spans = reinterpret_cast<span_board*>(start + record_board::spans_begin(board.orders));
    spans->sampling = trace;
    board.findings.spans_at =
        static_cast<std::size_t>(reinterpret_cast<std::byte*>(spans) - reinterpret_cast<std::byte*>(&board.findings));
}

}  // namespace

recorder recorder::create(std::uint64_t orders, const std::optional<trace_sampling>& trace) {
    const int fd = ::memfd_create("pipebench-recorder", MFD_CLOEXEC);
    if (fd < 0) throw system_failure("cannot make the recorder's memory", errno);
    const std::size_t bytes = trace ? record_board::bytes_with_spans(orders) : record_board::bytes(orders);
    if (::ftruncate(fd, static_cast<off_t>(bytes)) != 0) throw system_failure("cannot size the recorder", errno);
    mapping memory(new (map(fd, bytes)) record_board, {bytes, fd});
    memory->orders = orders;
    if (trace) add_spans(*memory, *trace);
    return recorder(std::move(memory));
}

recorder recorder::attach(int descriptor) {
    struct stat s {};
    if (::fstat(descriptor, &s) != 0) throw system_failure("cannot find the recorder's memory", errno);
    const auto bytes = static_cast<std::size_t>(s.st_size);
    if (bytes < sizeof(record_board)) throw setup_error("the recorder's memory is too small");
    mapping memory(static_cast<record_board*>(map(descriptor, bytes)), {bytes, descriptor});
    if (bytes != (memory->findings.spans_at == 0 ? record_board::bytes(memory->orders)
                                                 : record_board::bytes_with_spans(memory->orders)))
        throw setup_error("the recorder's memory has the wrong size");
    return recorder(std::move(memory));
}

void recorder::unmap::operator()(record_board* board) const noexcept {
    ::munmap(board, bytes);
    ::close(descriptor);
}

stop_flag recorder::stop() const noexcept { return stop_flag{memory_->stop}; }

traffic_state& recorder::shared_traffic() const noexcept { return memory_->shared_traffic; }

run_findings recorder::findings() const noexcept { return {memory_->findings, memory_->trouble}; }

process_log recorder::processes() const noexcept { return process_log(memory_->trouble); }

}  // namespace pipebench

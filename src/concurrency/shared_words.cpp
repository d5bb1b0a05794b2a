#include "concurrency/shared_words.hpp"

#include "contracts/error.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <new>

namespace pipebench {

struct shared_words::page {
    std::atomic<std::size_t> size;
    std::array<char, most_bytes> bytes;
};

shared_words::shared_words() {
    void* at = ::mmap(nullptr, sizeof(page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) throw system_failure("cannot share memory with worker processes", errno);
    page_.reset(new (at) page);
}

void shared_words::unmap::operator()(page* p) const noexcept { ::munmap(p, sizeof(page)); }

void shared_words::keep(std::string_view text) const noexcept {
    const auto size = std::min(text.size(), most_bytes);
    std::copy_n(text.begin(), size, page_->bytes.begin());
    page_->size.store(size, std::memory_order_release);
}

std::string shared_words::text() const {
    return printable({page_->bytes.data(), std::min(page_->size.load(std::memory_order_acquire), most_bytes)});
}

}  // namespace pipebench

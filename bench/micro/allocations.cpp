#include "micro/allocations.hpp"

#include <cerrno>
#include <cstddef>

// The allocator itself stays glibc's: these are its own names for it, and its free() fits them.
extern "C" {
void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t count, std::size_t bytes);
void* __libc_realloc(void* old, std::size_t bytes);
void* __libc_memalign(std::size_t alignment, std::size_t bytes);
}

namespace pipebench::bench {
namespace {

// No constructor runs for it: malloc is called before any could.
constinit thread_local heap_use of_this_thread{};

void count(std::size_t bytes) noexcept {
    ++of_this_thread.allocations;
    of_this_thread.bytes += bytes;
}

}  // namespace

heap_use heap_used() noexcept { return of_this_thread; }

void charge(const heap_use& of_another) noexcept {
    of_this_thread.allocations += of_another.allocations;
    of_this_thread.bytes += of_another.bytes;
}

extern "C" {

void* malloc(std::size_t bytes) noexcept {
    count(bytes);
    return __libc_malloc(bytes);
}

void* calloc(std::size_t number, std::size_t bytes) noexcept {
    count(number * bytes);
    return __libc_calloc(number, bytes);
}

void* realloc(void* old, std::size_t bytes) noexcept {
    count(bytes);
    return __libc_realloc(old, bytes);
}

void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
    count(bytes);
    return __libc_memalign(alignment, bytes);
}

int posix_memalign(void** out, std::size_t alignment, std::size_t bytes) noexcept {
    count(bytes);
    void* const memory = __libc_memalign(alignment, bytes);
    if (memory == nullptr) return ENOMEM;
    *out = memory;
    return 0;
}

}  // extern "C"
}  // namespace pipebench::bench

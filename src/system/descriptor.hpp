// A file descriptor with an owner, and functions that make and read descriptors.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

namespace pipebench {

class descriptor {
public:
    descriptor() = default;
    explicit descriptor(int fd) noexcept : fd_(fd) {}
    descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    descriptor& operator=(descriptor&& other) noexcept {
        if (this != &other) {
            reset();
            fd_ = std::exchange(other.fd_, -1);
        }
        return *this;
    }
    ~descriptor() { reset(); }

    [[nodiscard]] int get() const noexcept { return fd_; }
    [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
    [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
    void reset() noexcept {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }

private:
    int fd_ = -1;
};

struct pipe_ends {
    descriptor read_end, write_end;
};
/// Both ends are closed at exec. Throws setup_error.
[[nodiscard]] pipe_ends make_pipe();

struct channel_ends {
    descriptor ours, theirs;
};
/// Two connected sockets that keep messages apart (SOCK_SEQPACKET), closed at exec. Throws setup_error, which names
/// `peer`: "the mock API".
[[nodiscard]] channel_ends make_channel(const std::string& peer);
/// The same for two sockets that carry bytes (SOCK_STREAM), of any number at once.
[[nodiscard]] channel_ends make_stream(const std::string& peer);

/// Why read_into() stopped. `by_error`: see errno; EAGAIN if a non-blocking descriptor has no more data now.
enum class read_stop : std::uint8_t { at_end, over_limit, by_error };
/// Reads from `from` and appends to `text`, until `text` is longer than `limit` bytes.
read_stop read_into(std::string& text, int from, std::size_t limit = std::numeric_limits<std::size_t>::max());

/// The readable contents of a file, such as one in /proc; empty if it cannot be opened.
[[nodiscard]] std::string text_of_file(const std::string& path);

}  // namespace pipebench

#include "system/descriptor.hpp"

#include "contracts/error.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace pipebench {
namespace {

channel_ends connected(int type, const std::string& peer) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data()) != 0)
        throw system_failure("cannot make a channel to " + peer, errno);
    return {.ours = descriptor(ends[0]), .theirs = descriptor(ends[1])};
}

}  // namespace

pipe_ends make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw system_failure("cannot make a pipe", errno);
    return {.read_end = descriptor(ends[0]), .write_end = descriptor(ends[1])};
}

channel_ends make_channel(const std::string& peer) { return connected(SOCK_SEQPACKET, peer); }

channel_ends make_stream(const std::string& peer) { return connected(SOCK_STREAM, peer); }

read_stop read_into(std::string& text, int from, std::size_t limit) {
    std::array<char, 16 * 1024> part;  // not set to zeros: this is called for every process at every sample
    while (text.size() <= limit) {
        const auto n = ::read(from, part.data(), part.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return read_stop::by_error;
        if (n == 0) return read_stop::at_end;
        text.append(part.data(), static_cast<std::size_t>(n));
    }
    return read_stop::over_limit;
}

std::string text_of_file(const std::string& path) {
    const descriptor in(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string text;
    if (in.is_open()) read_into(text, in.get());
    return text;
}

}  // namespace pipebench

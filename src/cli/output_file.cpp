#include "cli/output_file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace pipebench {
namespace {

mode_t usual_mode() {
    const mode_t mask = ::umask(0);
    ::umask(mask);
    return 0666 & ~mask;
}

}  // namespace

output_file::output_file(std::string option, std::string path) : option_(std::move(option)), path_(std::move(path)) {
    if (is_stdout()) return;
    if (path_.empty()) throw failure(ENOENT);
    struct stat s {
    }, itself{};
    const bool is_link = ::lstat(path_.c_str(), &itself) == 0 && S_ISLNK(itself.st_mode);
    if (::stat(path_.c_str(), &s) == 0) {
        if (S_ISDIR(s.st_mode)) throw failure(EISDIR);
        if (::access(path_.c_str(), W_OK) != 0) throw failure(errno);
        in_place_ = is_link || !S_ISREG(s.st_mode);  // rename() would replace a link, such as /dev/stderr
    }
    // Tests that it can be written, and removes the file at once, so that a killed session leaves none.
    if (!in_place_) ::unlink(make_temporary().second.c_str());
}

void output_file::write(const std::string& content, const patience& until) const {
    if (is_stdout()) return write_all(STDOUT_FILENO, content, until);
    if (in_place_) {
        // Without waiting: a pipe that nobody reads would keep us, and signals are read as events meanwhile.
        const descriptor file(::open(path_.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC | O_NONBLOCK));
        if (!file.is_open()) throw failure(errno);
        return write_all(file.get(), content, until);
    }
    const auto [file, temporary] = make_temporary();
    try {
        write_all(file.get(), content, until);
        ::fchmod(file.get(), usual_mode());
        if (::rename(temporary.c_str(), path_.c_str()) != 0) throw failure(errno);
    } catch (...) {
        ::unlink(temporary.c_str());
        throw;
    }
}

std::pair<descriptor, std::string> output_file::make_temporary() const {
    std::string name = path_ + ".XXXXXX";
    descriptor made(::mkstemp(name.data()));
    if (!made.is_open()) throw failure(errno);
    return {std::move(made), std::move(name)};
}

/// A pipe that is ready takes PIPE_BUF bytes without blocking.
void output_file::write_all(int to, std::string_view content, const patience& until) const {
    while (!content.empty()) {
        if (until.wait(to, POLLOUT, patience::clock::time_point::max()) != wait_end::ready) throw failure(EINTR);
        const auto n = ::write(to, content.data(), std::min<std::size_t>(content.size(), PIPE_BUF));
        if (n < 0 && errno != EINTR && errno != EAGAIN) throw failure(errno);
        if (n > 0) content.remove_prefix(static_cast<std::size_t>(n));
    }
}

setup_error output_file::failure(int error_number) const {
    return system_failure(option_ + ": cannot write " + printable(path_), error_number);
}

}  // namespace pipebench

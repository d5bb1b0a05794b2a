#include "cli/output_file.hpp"

#include "concurrency/descriptor.hpp"
#include "pipebench/error.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace pipebench {
namespace {

void write_all(int to, std::string_view content, const std::string& what) {
    while (!content.empty()) {
        const auto n = ::write(to, content.data(), content.size());
        if (n < 0 && errno != EINTR) throw system_failure(what, errno);
        if (n > 0) content.remove_prefix(static_cast<std::size_t>(n));
    }
}

mode_t usual_mode() {
    const mode_t mask = ::umask(0);
    ::umask(mask);
    return 0666 & ~mask;
}

}  // namespace

output_file::output_file(std::string option, std::string path) : option_(std::move(option)), path_(std::move(path)) {
    if (is_stdout()) return;
    const std::string what = option_ + ": cannot write " + path_;
    if (path_.empty()) throw system_failure(what, ENOENT);
    struct stat s {};
    if (::stat(path_.c_str(), &s) == 0) {
        if (S_ISDIR(s.st_mode)) throw system_failure(what, EISDIR);
        if (::access(path_.c_str(), W_OK) != 0) throw system_failure(what, errno);
        if (!S_ISREG(s.st_mode)) return;
    }
    temporary_ = path_ + ".XXXXXX";
    const descriptor made(::mkstemp(temporary_.data()));
    if (!made.is_open()) {
        temporary_.clear();
        throw system_failure(what, errno);
    }
    ::fchmod(made.get(), usual_mode());
}

output_file::output_file(output_file&& other) noexcept
    : option_(std::move(other.option_)),
      path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})) {}

output_file::~output_file() {
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void output_file::write(const std::string& content) {
    const std::string what = option_ + ": cannot write " + path_;
    if (is_stdout()) return write_all(STDOUT_FILENO, content, what);
    const std::string& to = temporary_.empty() ? path_ : temporary_;
    const descriptor file(::open(to.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
    if (!file.is_open()) throw system_failure(what, errno);
    write_all(file.get(), content, what);
    if (temporary_.empty()) return;
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) throw system_failure(what, errno);
    temporary_.clear();
}

}  // namespace pipebench

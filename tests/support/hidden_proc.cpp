// To be preloaded: hides the files of /proc whose names end in $HIDDEN_PROC, as a kernel does that was built without
// them.
#include <dlfcn.h>
#include <fcntl.h>

#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace {

bool is_hidden(const char* path) {
    const char* ending = std::getenv("HIDDEN_PROC");
    const std::string_view name(path);
    return ending != nullptr && name.starts_with("/proc/") && name.ends_with(ending);
}

int no_such_file() {
    errno = ENOENT;
    return -1;
}

}  // namespace

using open_function = int (*)(const char*, int, ...);

extern "C" int open(const char* path, int flags, ...) {
    static const auto next = reinterpret_cast<open_function>(::dlsym(RTLD_NEXT, "open"));
    std::va_list rest;
    va_start(rest, flags);
    const auto mode = (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(rest, unsigned) : 0U;
    va_end(rest);
    return is_hidden(path) ? no_such_file() : next(path, flags, mode);
}

extern "C" int open64(const char* path, int flags, ...) {
    static const auto next = reinterpret_cast<open_function>(::dlsym(RTLD_NEXT, "open64"));
    std::va_list rest;
    va_start(rest, flags);
    const auto mode = (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(rest, unsigned) : 0U;
    va_end(rest);
    return is_hidden(path) ? no_such_file() : next(path, flags, mode);
}

extern "C" int access(const char* path, int mode) {
    using function = int (*)(const char*, int);
    static const auto next = reinterpret_cast<function>(::dlsym(RTLD_NEXT, "access"));
    return is_hidden(path) ? no_such_file() : next(path, mode);
}

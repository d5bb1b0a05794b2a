#include "cli/command.hpp"
#include "cli/terminal.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <new>

int main(int argc, char** argv) {
    using namespace pipebench;
    try {
        const auto code = run_command_line({argv + 1, argv + argc});
        if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) throw setup_error("cannot write to stdout");
        return static_cast<int>(code);
    } catch (const setup_error& e) {
        tell_line(fmt::format("pipebench: {}", e.what()));
    } catch (const std::bad_alloc&) {
        tell("pipebench: out of memory\n");
    } catch (const std::exception& e) {
        tell_line(fmt::format("pipebench: unexpected failure: {}", one_line(e.what())));
    }
    return static_cast<int>(exit_code::unusable);
}

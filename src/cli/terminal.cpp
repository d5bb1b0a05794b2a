#include "cli/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace pipebench {
namespace {

bool is_dumb() {
    const char* term = std::getenv("TERM");
    return term == nullptr || std::string_view(term) == "dumb";
}

}  // namespace

void tell(std::string_view text) noexcept {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
    std::clearerr(stderr);
}

colours colours_for(int descriptor, colour_choice choice) {
    if (choice != colour_choice::automatic) return choice == colour_choice::always ? colours::on : colours::off;
    const char* no_color = std::getenv("NO_COLOR");
    const bool refused = no_color != nullptr && *no_color != '\0';
    return !refused && !is_dumb() && ::isatty(descriptor) != 0 ? colours::on : colours::off;
}

bool has_live_line(int descriptor) { return ::isatty(descriptor) != 0 && !is_dumb(); }

std::size_t terminal_width(int descriptor) {
    winsize size{};
    return ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace pipebench

#include "cli/terminal.hpp"

#include "report/text_table.hpp"

#include <fmt/format.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace pipebench {
namespace {

constexpr std::size_t narrowest = 40, widest = 1000;

held_speech* holder = nullptr;  ///< that of the main thread, if there is one

bool is_dumb() {
    const char* term = std::getenv("TERM");
    return term == nullptr || std::string_view(term) == "dumb";
}

}  // namespace

held_speech::held_speech() { holder = this; }

held_speech::~held_speech() {
    holder = nullptr;
    if (left_out_ > 0) tell(fmt::format("({} earlier messages are left out)\n", left_out_));
    for (const auto& text : texts_) tell(text);
}

void held_speech::keep(std::string_view text) {
    texts_.emplace_back(text);
    if (texts_.size() <= most_texts) return;
    texts_.pop_front();
    ++left_out_;
}

void tell(std::string_view text) noexcept {
    if (holder != nullptr) return holder->keep(text);
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
    std::clearerr(stderr);
}

void tell_line(std::string_view text) {
    if (has_live_line(STDERR_FILENO)) return tell(reporting::wrapped(text, 2, terminal_width(STDERR_FILENO)));
    tell(std::string(text) + "\n");
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
    if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return std::max(narrowest, std::size_t{size.ws_col});
    const char* columns = std::getenv("COLUMNS");
    const std::string_view text(columns == nullptr ? "" : columns);
    std::size_t asked = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), asked);
    const bool is_number = error == std::errc() && end == text.data() + text.size() && asked > 0;
    return is_number ? std::clamp(asked, narrowest, widest) : look::usual_width;
}

look look_of(int descriptor, colour_choice choice, bool details) {
    return {colours_for(descriptor, choice), terminal_width(descriptor), details};
}

}  // namespace pipebench

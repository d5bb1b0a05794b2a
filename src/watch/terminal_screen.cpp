#include "watch/terminal_screen.hpp"

#include "contracts/error.hpp"

#define NCURSES_NOMACROS 1  // they have names such as `move` and `clear`
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <term.h>
#undef columns
#undef lines

#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <clocale>
#include <cstdlib>
#include <langinfo.h>
#include <string_view>

namespace pipebench {
namespace {

using reporting::ink;

constexpr short red = 1, green = 2;  ///< pairs of colours

std::FILE* opened(int descriptor, const char* mode) {
    const int copy = ::dup(descriptor);
    std::FILE* out = copy >= 0 ? ::fdopen(copy, mode) : nullptr;
    if (out == nullptr) throw system_failure("cannot open the terminal", errno);
    return out;
}

SCREEN* new_screen(std::FILE* out, std::FILE* in) {
    if (SCREEN* made = ::newterm(nullptr, out, in)) return made;
    const char* term = std::getenv("TERM");
    throw setup_error(fmt::format("the terminal '{}' (TERM) is not known on this machine",
                                  printable(term == nullptr ? "" : term, 40)));
}

struct appearance {
    attr_t attributes = A_NORMAL;
    short colour = 0;  ///< a pair
};

appearance appearance_of(ink i, colours with) {
    if (with == colours::off) return {};
    switch (i) {
        case ink::bold: return {A_BOLD, 0};
        case ink::dim: return {A_DIM, 0};
        case ink::alarm: return {A_BOLD, red};
        case ink::good: return {A_NORMAL, green};
        case ink::plain: break;
    }
    return {};
}

void send_capability(int descriptor, const char* name) {
    const char* text = ::tigetstr(name);
    if (text == nullptr || text == reinterpret_cast<const char*>(-1)) return;
    [[maybe_unused]] const auto written = ::write(descriptor, text, std::string_view(text).size());
}

}  // namespace

terminal_screen::terminal_screen(int in, int out, colours with)
    : in_(opened(in, "r")), out_(opened(out, "w")), screen_(new_screen(out_.get(), in_.get())), colours_(with) {
    ::cbreak();
    ::noecho();
    ::curs_set(0);
    if (with == colours::off || !::has_colors() || ::start_color() == ERR) return;
    const short background = ::use_default_colors() == OK ? short{-1} : short{COLOR_BLACK};
    ::init_pair(red, COLOR_RED, background);
    ::init_pair(green, COLOR_GREEN, background);
}

terminal_screen::~terminal_screen() {
    ::endwin();
    ::delscreen(static_cast<SCREEN*>(screen_));
}

view_size terminal_screen::size() const {
    winsize now{};
    if (::ioctl(::fileno(out_.get()), TIOCGWINSZ, &now) != 0 || now.ws_col == 0 || now.ws_row == 0)
        return {static_cast<std::size_t>(::getmaxx(stdscr)), static_cast<std::size_t>(::getmaxy(stdscr))};
    return {now.ws_col, now.ws_row};
}

void terminal_screen::forget() { ::clearok(stdscr, TRUE); }

void terminal_screen::show(const std::vector<view_line>& lines) {
    const auto now = size();
    const int columns = static_cast<int>(now.columns), rows = static_cast<int>(now.rows);
    if (::getmaxx(stdscr) != columns || ::getmaxy(stdscr) != rows) ::resizeterm(rows, columns);
    ::werase(stdscr);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        ::wmove(stdscr, static_cast<int>(i), 0);
        for (const auto& piece : lines[i]) {
            const auto looks = appearance_of(piece.with, colours_);
            ::wattr_set(stdscr, looks.attributes, looks.colour, nullptr);
            ::waddnstr(stdscr, piece.text.data(), static_cast<int>(piece.text.size()));
        }
    }
    ::wattr_set(stdscr, A_NORMAL, 0, nullptr);
    ::wrefresh(stdscr);
}

letters letters_of_locale() {
    std::setlocale(LC_CTYPE, "");
    return std::string_view(::nl_langinfo(CODESET)) == "UTF-8" ? letters::unicode : letters::ascii;
}

void leave_screen_of(int descriptor) {
    int error = 0;
    if (::setupterm(nullptr, descriptor, &error) != OK) return;
    for (const char* capability : {"sgr0", "cnorm", "rmcup", "rmkx"}) send_capability(descriptor, capability);
}

}  // namespace pipebench

// The whole terminal as a place to draw on. The only file that knows curses.
#pragma once

#include "pipebench/reporter.hpp"
#include "watch/layout.hpp"

#include <cstdio>
#include <memory>
#include <vector>

namespace pipebench {

/// From construction to destruction it has the terminal, which then looks as before. One per process. Keys are given
/// one by one, and not echoed; Ctrl-C stays a signal.
class terminal_screen {
public:
    /// `in`, `out`: descriptors of the terminal. Throws setup_error if its kind (TERM) is not known.
    terminal_screen(int in, int out, colours with);
    terminal_screen(const terminal_screen&) = delete;
    terminal_screen& operator=(const terminal_screen&) = delete;
    ~terminal_screen();

    /// As the terminal has it now: it may have changed.
    [[nodiscard]] view_size size() const;
    void show(const std::vector<view_line>& lines);
    /// Draws everything at the next show(), also what has not changed: others may have written on the terminal.
    void forget();

private:
    struct file_closer {
        void operator()(std::FILE* f) const { std::fclose(f); }
    };
    using file = std::unique_ptr<std::FILE, file_closer>;

    file in_, out_;
    void* screen_;
    colours colours_;
};

/// Whether the user's locale has UTF-8. Makes that locale the program's, for characters.
[[nodiscard]] letters letters_of_locale();

/// After a program that had a terminal_screen there was killed: shows the usual screen again, with a cursor.
void leave_screen_of(int descriptor);

}  // namespace pipebench

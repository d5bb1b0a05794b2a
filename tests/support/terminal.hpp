// A program on a terminal of its own (a pseudo-terminal), which records what it is sent.
#pragma once

#include "support/command.hpp"

#include <termios.h>

#include <string>

namespace pipebench::test {

struct terminal_size {
    unsigned short columns = 80, rows = 24;
};

class terminal_command {
public:
    /// As an xterm with UTF-8, unless the command's environment says otherwise. stdin, stdout and stderr are the terminal.
    explicit terminal_command(const command& c, terminal_size s = {});
    terminal_command(const terminal_command&) = delete;
    terminal_command& operator=(const terminal_command&) = delete;
    ~terminal_command();  ///< kills the program

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    /// What it has written so far, with all control sequences.
    [[nodiscard]] const std::string& seen();
    [[nodiscard]] bool shows(const std::string& text);  ///< within `patience`
    void press(const std::string& keys) const;
    void resize(terminal_size s) const;
    /// Whether it reads lines and echoes, as it does for a shell.
    [[nodiscard]] bool is_as_usual() const;
    /// The exit code; -1: ended by a signal. Throws if it does not end within the limit.
    [[nodiscard]] int wait(std::chrono::milliseconds limit = patience);

private:
    descriptor ours_;
    pid_t pid_ = 0;
    std::string seen_;
    bool reaped_ = false;
};

}  // namespace pipebench::test

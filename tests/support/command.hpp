// Runs a program as a user does, under a time limit, and finds processes and files that it leaves behind.
#pragma once

#include "system/descriptor.hpp"

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace pipebench::test {

inline constexpr std::chrono::seconds patience{60};  ///< limit of every wait; long, because sanitizer builds are slow

/// Waits for the condition. False if it does not hold within the limit.
[[nodiscard]] bool comes_true(const std::function<bool()>& condition, std::chrono::milliseconds limit = patience);

struct command {
    std::vector<std::string> arguments;              ///< [0] is the program, looked up in PATH
    std::map<std::string, std::string> environment;  ///< added to the test's own without PIPEBENCH_*
};

/// Its complete environment, "NAME=value".
[[nodiscard]] std::vector<std::string> environment_of(const command& c);

struct command_end {
    int code = -1;   ///< -1: ended by a signal
    int signal = 0;  ///< 0: ended by itself
    std::string out, err;
};

/// A running program with closed stdin, whose output is kept. The destructor kills it.
class running_command {
public:
    explicit running_command(const command& c);
    running_command(const running_command&) = delete;
    running_command& operator=(const running_command&) = delete;
    ~running_command();

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    [[nodiscard]] std::string out() const;  ///< so far
    [[nodiscard]] std::string err() const;
    [[nodiscard]] bool says(const std::string& text) const;  ///< on stderr, within `patience`
    void signal(int number) const;
    /// Throws if it does not end within the limit.
    command_end wait(std::chrono::milliseconds limit = patience);

private:
    pid_t pid_ = 0;
    descriptor pid_descriptor_, out_, err_;
    bool reaped_ = false;
};

command_end run(const command& c, std::chrono::milliseconds limit = patience);

/// A directory with a short name that other users may enter. The destructor removes it.
class private_directory {
public:
    private_directory();
    private_directory(const private_directory&) = delete;
    private_directory& operator=(const private_directory&) = delete;
    ~private_directory();
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    [[nodiscard]] std::string operator/(const std::string& name) const { return (path_ / name).native(); }

private:
    std::filesystem::path path_;
};

struct process {
    pid_t pid = 0, parent = 0;
    std::string command_line;  ///< words separated by spaces; empty for a zombie
    bool operator==(const process&) const = default;
};

/// Processes that have the directory as TMPDIR, work in it, or name it in their command line.
[[nodiscard]] std::vector<process> processes_of(const std::filesystem::path& tmp);
/// Children of this process, including zombies, and orphans of its children after adopt_orphans().
[[nodiscard]] std::vector<process> children();
void adopt_orphans();

/// Arguments of a short run of 40 orders, and more arguments.
[[nodiscard]] std::vector<std::string> quick_and(const std::vector<std::string>& more);

/// A user with a separate TMPDIR, in which every trace of pipebench can be found.
class user {
public:
    [[nodiscard]] command pipebench(std::vector<std::string> arguments) const;
    [[nodiscard]] command_end run_pipebench(std::vector<std::string> arguments) const;
    /// Descriptions of the remaining processes, sockets and directories.
    [[nodiscard]] std::vector<std::string> left_behind() const;
    [[nodiscard]] std::vector<process> processes() const { return processes_of(tmp_.path()); }
    [[nodiscard]] std::string file(const std::string& name) const { return files_ / name; }

private:
    private_directory tmp_, files_;
};

/// The command, started by another one such as `nice`.
[[nodiscard]] command behind(std::vector<std::string> prefix, command c);
/// Processes of the user whose command line contains the text.
[[nodiscard]] std::vector<process> running(const user& someone, const std::string& what);
/// Those of them that are not children of others of them: a backend of PostgreSQL is called as its server is for a
/// moment, when it has just been forked.
[[nodiscard]] std::vector<process> running_roots(const user& someone, const std::string& what);
/// The forked workers of a run: children of its process.
[[nodiscard]] std::vector<process> workers(const user& someone);

[[nodiscard]] std::string read_file(const std::filesystem::path& path);
[[nodiscard]] bool contains(const std::string& text, const std::string& part);
[[nodiscard]] std::vector<std::string> lines_of(const std::string& text);

}  // namespace pipebench::test

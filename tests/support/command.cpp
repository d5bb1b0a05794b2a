#include "support/command.hpp"

#include "contracts/error.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace pipebench::test {

namespace fs = std::filesystem;
using clock = std::chrono::steady_clock;

namespace {

std::vector<char*> pointers_to(const std::vector<std::string>& words) {
    std::vector<char*> out;
    for (const auto& w : words) out.push_back(const_cast<char*>(w.c_str()));
    out.push_back(nullptr);
    return out;
}

std::string content_of(int fd) {
    std::string out;
    std::array<char, 4096> part{};
    for (ssize_t n = 0; (n = ::pread(fd, part.data(), part.size(), static_cast<off_t>(out.size()))) > 0;)
        out.append(part.data(), static_cast<std::size_t>(n));
    return out;
}

/// The name in parentheses may contain anything; the state and the parent follow it.
pid_t parent_of(const fs::path& entry) {
    const auto stat = read_file(entry / "stat");
    const auto name_end = stat.rfind(')');
    char state = 0;
    pid_t parent = 0;
    if (name_end != std::string::npos) std::istringstream(stat.substr(name_end + 1)) >> state >> parent;
    return parent;
}

std::vector<process> all_processes() {
    std::vector<process> out;
    for (const auto& entry : fs::directory_iterator("/proc")) {
        const auto name = entry.path().filename().native();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        auto words = read_file(entry.path() / "cmdline");
        std::replace(words.begin(), words.end(), '\0', ' ');
        out.push_back({static_cast<pid_t>(std::stol(name)), parent_of(entry.path()), words});
    }
    return out;
}

/// Those whose parent is not among them, and those whose parent is.
std::pair<std::vector<process>, std::vector<process>> parents_and_children(const std::vector<process>& all) {
    std::pair<std::vector<process>, std::vector<process>> out;
    for (const auto& p : all) {
        const bool is_child = std::ranges::find(all, p.parent, &process::pid) != all.end();
        (is_child ? out.second : out.first).push_back(p);
    }
    return out;
}

bool belongs_to(const process& p, const fs::path& tmp) {
    const fs::path entry = fmt::format("/proc/{}", p.pid);
    const auto environment = '\0' + read_file(entry / "environ") + '\0';
    std::error_code ec;
    const auto directory = fs::read_symlink(entry / "cwd", ec).native();
    return contains(environment, std::string(1, '\0') + "TMPDIR=" + tmp.native() + '\0') ||
           directory.starts_with(tmp.native()) || contains(p.command_line, tmp.native());
}

}  // namespace

std::vector<std::string> environment_of(const command& c) {
    std::vector<std::string> out;
    for (char** e = environ; *e != nullptr; ++e) {
        const std::string entry(*e);
        if (!entry.starts_with("PIPEBENCH_") && !c.environment.contains(entry.substr(0, entry.find('='))))
            out.push_back(entry);
    }
    for (const auto& [name, value] : c.environment) out.push_back(name + '=' + value);
    // Tests run in parallel with each other and with other programs of this machine.
    if (!c.environment.contains("PIPEBENCH_BUSY_LIMIT")) out.emplace_back("PIPEBENCH_BUSY_LIMIT=100%");
    return out;
}

bool comes_true(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
    const auto deadline = clock::now() + limit;
    while (!condition()) {
        if (clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

running_command::running_command(const command& c)
    : out_(::memfd_create("stdout", MFD_CLOEXEC)), err_(::memfd_create("stderr", MFD_CLOEXEC)) {
    const auto environment = environment_of(c);
    const auto argv = pointers_to(c.arguments), envp = pointers_to(environment);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, out_.get(), 1);
    posix_spawn_file_actions_adddup2(&files, err_.get(), 2);
    const int failure = ::posix_spawnp(&pid_, argv[0], &files, nullptr, argv.data(), envp.data());
    posix_spawn_file_actions_destroy(&files);
    if (failure != 0) throw system_failure("cannot start " + c.arguments.at(0), failure);
    pid_descriptor_ = descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
}

running_command::~running_command() {
    if (reaped_) return;
    signal(SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

std::string running_command::out() const { return content_of(out_.get()); }
std::string running_command::err() const { return content_of(err_.get()); }
bool running_command::says(const std::string& text) const {
    return comes_true([&] { return contains(err(), text); });
}
void running_command::signal(int number) const { ::kill(pid_, number); }

command_end running_command::wait(std::chrono::milliseconds limit) {
    pollfd ended{pid_descriptor_.get(), POLLIN, 0};
    if (::poll(&ended, 1, static_cast<int>(limit.count())) != 1)
        throw std::runtime_error("the command has not ended in time; stderr: " + err());
    int status = 0;
    ::waitpid(pid_, &status, 0);
    reaped_ = true;
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, WIFSIGNALED(status) ? WTERMSIG(status) : 0, out(), err()};
}

command_end run(const command& c, std::chrono::milliseconds limit) { return running_command(c).wait(limit); }

private_directory::private_directory() {
    std::string name = "/tmp/pbtXXXXXX";  // short: unix sockets are made below it
    if (::mkdtemp(name.data()) == nullptr) throw system_failure("cannot make a directory in /tmp", errno);
    path_ = name;
    ::chmod(path_.c_str(), 0711);
}

private_directory::~private_directory() {
    std::error_code ec;
    fs::remove_all(path_, ec);
}

std::vector<process> processes_of(const fs::path& tmp) {
    auto out = all_processes();
    std::erase_if(out, [&](const process& p) { return p.pid == ::getpid() || !belongs_to(p, tmp); });
    return out;
}

std::vector<process> children() {
    auto out = all_processes();
    std::erase_if(out, [](const process& p) { return p.parent != ::getpid(); });
    return out;
}

void adopt_orphans() { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }

command user::pipebench(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), PIPEBENCH_BINARY);
    return {std::move(arguments), {{"TMPDIR", tmp_.path().native()}}};
}

command_end user::run_pipebench(std::vector<std::string> arguments) const {
    return run(pipebench(std::move(arguments)));
}

std::vector<std::string> user::left_behind() const {
    std::vector<std::string> out;
    for (const auto& p : processes()) out.push_back(fmt::format("process {}: {}", p.pid, p.command_line));
    for (const auto& entry : fs::recursive_directory_iterator(tmp_.path())) out.push_back(entry.path().native());
    return out;
}

std::string read_file(const fs::path& path) {
    const std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();  // does not throw if the process of this file in /proc ends meanwhile
    return out.str();
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> out;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
}

std::vector<std::string> quick_and(const std::vector<std::string>& more) {
    std::vector<std::string> out{"-n", "40", "--http-latency", "5ms", "--db-latency", "2ms", "-c", "8"};
    out.insert(out.end(), more.begin(), more.end());
    return out;
}

command behind(std::vector<std::string> prefix, command c) {
    c.arguments.insert(c.arguments.begin(), prefix.begin(), prefix.end());
    return c;
}

std::vector<process> running(const user& someone, const std::string& what) {
    auto out = someone.processes();
    std::erase_if(out, [&](const process& p) { return !contains(p.command_line, what); });
    return out;
}

std::vector<process> running_roots(const user& someone, const std::string& what) {
    return parents_and_children(running(someone, what)).first;
}

std::vector<process> workers(const user& someone) { return parents_and_children(running(someone, "_run")).second; }

}  // namespace pipebench::test

#include "support/redis_server.hpp"

#include "contracts/error.hpp"
#include "system/environment.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <filesystem>
#include <stdexcept>

namespace pipebench::test {

unsigned free_redis_port() {
    for (int tries = 0; tries < 1000; ++tries) {
        const descriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof where;
        if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0) continue;
        ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&where), &size);
        if (ntohs(where.sin_port) < 55'536) return ntohs(where.sin_port);
    }
    throw std::runtime_error("no free port");
}

redis_server::redis_server(std::vector<std::string> options)
    : options_(std::move(options)), port_(free_redis_port()) {
    start();
}

void redis_server::kill() {
    signal(SIGKILL);
    if (!server_->wait_for(test::patience)) throw std::runtime_error("redis-server outlives SIGKILL");
}

void redis_server::start() {
    std::filesystem::create_directories(directory());
    child_settings settings;
    settings.arguments = {
        "/usr/bin/env", "redis-server", "--port", std::to_string(port_), "--bind", "127.0.0.1", "--unixsocket",
        socket(),       "--save",       "",       "--appendonly",        "no",     "--dir",     directory().native(),
        "--logfile",    home_ / "log"};
    settings.arguments.insert(settings.arguments.end(), options_.begin(), options_.end());
    settings.environment = clean_environment();
    server_.emplace(child_process::spawn(settings));
    const auto answers = [this] {
        try {
            ask({"PING"});
            return true;
        } catch (const redis_error&) {
            return false;
        }
    };
    if (!comes_true(answers)) throw std::runtime_error("redis-server does not answer: " + read_file(home_ / "log"));
}

redis_reply redis_server::ask(const redis_command& command) const {
    return redis_client(parse_redis_address(url()), std::chrono::seconds(5)).command(command);
}

}  // namespace pipebench::test

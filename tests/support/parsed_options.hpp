// Options as a user gives and reads them, without a process: what declares them, the words, and --help.
#pragma once

#include "cli/command.hpp"
#include "cli/options.hpp"

#include <functional>
#include <string>
#include <vector>

namespace pipebench::test {

/// What a command with these options prints for these words; nothing when it would run. Throws setup_error.
inline std::string parsed(const std::function<void(option_set&)>& declare, std::vector<std::string> words) {
    class declared final : public command {
    public:
        explicit declared(const std::function<void(option_set&)>& declare) : declare_(declare) {}
        void declare(option_set& options) override { declare_(options); }
        exit_code run() override { return exit_code::ok; }

    private:
        const std::function<void(option_set&)>& declare_;
    } it(declare);
    const auto& place = subcommands().front();
    words.insert(words.begin(), place.name);
    return parse(std::move(words), &place, &it).value_or("");
}

/// What it complains of; nothing when it takes them.
inline std::string refusal_of(const std::function<void(option_set&)>& declare, std::vector<std::string> words) try {
    static_cast<void>(parsed(declare, std::move(words)));
    return {};
} catch (const setup_error& e) {
    return e.what();
}

}  // namespace pipebench::test

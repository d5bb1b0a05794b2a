// Parses command lines, and gets --help, without a process.
#pragma once

#include "cli/command.hpp"
#include "cli/options.hpp"

#include <functional>
#include <string>
#include <vector>

namespace pipebench::test {

/// Output of a command with these options for these words; empty if it would run. Throws setup_error.
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

/// The error message; empty if the words are valid.
inline std::string refusal_of(const std::function<void(option_set&)>& declare, std::vector<std::string> words) try {
    static_cast<void>(parsed(declare, std::move(words)));
    return {};
} catch (const setup_error& e) {
    return e.what();
}

}  // namespace pipebench::test

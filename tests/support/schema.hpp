// Whether a file follows its schema in docs/, by an independent validator.
#pragma once

#include "support/command.hpp"

#include <string>

namespace pipebench::test {

/// The first fault; empty if there is none. A file of lines ends with .jsonl.
inline std::string fault_of(const std::string& file, const std::string& schema) {
    const auto end = run({{"/usr/bin/python3", "-W", "ignore", PIPEBENCH_SOURCE_DIR "/tests/support/validate.py",
                           PIPEBENCH_SOURCE_DIR "/docs/" + schema + ".schema.json", file},
                          {}});
    return end.code == 0 ? "" : end.out + end.err;
}

inline bool can_validate() { return run({{"/usr/bin/python3", "-c", "import jsonschema"}, {}}).code == 0; }

}  // namespace pipebench::test

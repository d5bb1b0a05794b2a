// Values for tests that walk the table of parameters.
#pragma once

#include "contracts/error.hpp"
#include "contracts/parameters.hpp"

#include <nlohmann/json.hpp>

#include <stdexcept>
#include <string>

namespace pipebench::test {

inline nlohmann::json json_of(const workload& w) {
    nlohmann::json out;
    to_json(out, w);
    return out;
}

/// A valid text for the parameter that differs from its default in every profile.
inline std::string other_value(const parameter& p) {
    for (const auto* text :
         {"17", "17ms", "170ms", "17%", "17/s", "17/s..19/s", "lognormal:0.25", "poisson", "p90<17ms", "threads:17"})
        try {
            workload w;
            p.value.parse(w, text);
            return text;
        } catch (const setup_error&) {  // not valid for this parameter
        }
    const auto& choices = p.value.placeholder;  // the last of "row|batch"
    workload w;
    auto last = choices.substr(choices.rfind('|') + 1);
    p.value.parse(w, last);
    return last;
}

}  // namespace pipebench::test

#include "measure/run_spec.hpp"

#include "contracts/error.hpp"

#include <sys/mman.h>

#include <nlohmann/json.hpp>

#include <cerrno>

namespace pipebench {

void to_json(nlohmann::json& out, const addresses& a) {
    out = {{"target", a.target},     {"target_address", a.target_address},
           {"postgres", a.postgres}, {"redis", a.redis},
           {"schema", a.schema},     {"table", a.table},
           {"stream", a.stream}};
}

void from_json(const nlohmann::json& in, addresses& a) {
    in.at("target").get_to(a.target);
    in.at("target_address").get_to(a.target_address);
    in.at("postgres").get_to(a.postgres);
    in.at("redis").get_to(a.redis);
    in.at("schema").get_to(a.schema);
    in.at("table").get_to(a.table);
    in.at("stream").get_to(a.stream);
}

descriptor write_spec(const run_spec& spec) {
    const nlohmann::json j{{"pattern", spec.pattern},   {"work", spec.work},
                           {"where", spec.where},       {"profile_stages", spec.profile_stages},
                           {"loop_lag", spec.loop_lag}, {"transform_rounds_per_us", spec.transform_rounds_per_us},
                           {"part", spec.part},         {"instance", spec.instance}};
    const auto text = j.dump();
    descriptor out(::memfd_create("pipebench-spec", MFD_CLOEXEC));
    if (!out.is_open() || ::pwrite(out.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
        throw system_failure("cannot write the parameters of a run", errno);
    return out;
}

run_spec read_spec(int from) try {
    std::string text;
    read_into(text, from);
    const auto j = nlohmann::json::parse(text);
    return {j.at("pattern").get<std::string>(),
            j.at("work").get<workload>(),
            j.at("where").get<addresses>(),
            j.at("profile_stages").get<bool>(),
            j.at("loop_lag").get<bool>(),
            j.at("transform_rounds_per_us").get<double>(),
            std::string(),
            j.at("part").get<run_part>(),
            j.at("instance").get<std::string>()};
} catch (const nlohmann::json::exception&) {
    throw setup_error("_run is for pipebench itself: it starts it, and tells it what to run");
}

}  // namespace pipebench

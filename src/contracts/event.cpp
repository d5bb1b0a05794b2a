#include "pipebench/event.hpp"

#include <array>

namespace pipebench {

std::string_view name_of(event_kind k) noexcept {
    static constexpr std::array<std::string_view, event_kind_count> all{"session_begins",
                                                                        "session_ends",
                                                                        "run_begins",
                                                                        "run_ends",
                                                                        "kill",
                                                                        "process_died",
                                                                        "restart",
                                                                        "worker_joins",
                                                                        "worker_missing",
                                                                        "worker_returns",
                                                                        "worker_signs_off",
                                                                        "worker_gives_up",
                                                                        "redelivery",
                                                                        "order_failed",
                                                                        "dead_letter",
                                                                        "failures_left_out",
                                                                        "throttling_begins",
                                                                        "throttling_ends",
                                                                        "saturated",
                                                                        "outage_begins",
                                                                        "outage_ends",
                                                                        "warning"};
    return all.at(static_cast<std::size_t>(k));
}

nlohmann::ordered_json to_object(const event& e) {
    auto out = nlohmann::ordered_json::object();
    if (e.at_s) out["at"] = *e.at_s;
    out["event"] = name_of(e.kind);
    if (e.run > 0) out["run"] = e.run;
    for (const auto& [name, value] : e.fields.items()) out[name] = value;
    return out;
}

}  // namespace pipebench

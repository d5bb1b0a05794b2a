// Structs whose fields are listed once (BOOST_DESCRIBE_STRUCT), for what writes and reads them as JSON. A struct that two
// files need is described here, since it can have only one list.
#pragma once

#include "pipebench/event.hpp"
#include "pipebench/outcome.hpp"
#include "pipebench/result.hpp"

#include <boost/describe.hpp>
#include <boost/mp11.hpp>

#include <cstddef>
#include <optional>
#include <vector>

namespace pipebench {

BOOST_DESCRIBE_STRUCT(service_usage, (), (name, cpu_s, peak_pss_bytes))
BOOST_DESCRIBE_STRUCT(worker_gap, (), (from_s, to_s))
BOOST_DESCRIBE_STRUCT(joined_worker, (),
                      (instance, host, kernel, version, pid, cores, processes, workers, in_flight_limit, joined_s,
                       left_s, how, gaps, ended, in_hand, retries, refused_retries, cpu_user_s, cpu_system_s,
                       peak_rss_bytes, peak_pss_bytes, loop_lag_p99_ms, clock_apart_s))

/// How many values an enum has, each with a name_of().
template <class Type>
inline constexpr std::size_t count_of = 0;
template <>
inline constexpr std::size_t count_of<stage> = stage_count;
template <>
inline constexpr std::size_t count_of<error_kind> = error_kind_count;
template <>
inline constexpr std::size_t count_of<service> = service_count;
template <>
inline constexpr std::size_t count_of<kill_target> = kill_target_count;
template <>
inline constexpr std::size_t count_of<objective_verdict> = objective_verdict_count;
template <>
inline constexpr std::size_t count_of<verdict_kind> = verdict_kind_count;
template <>
inline constexpr std::size_t count_of<worker_end> = worker_end_count;
template <>
inline constexpr std::size_t count_of<event_kind> = event_kind_count;

template <class Type>
concept described = boost::describe::has_describe_members<Type>::value;

template <class Type>
inline constexpr bool is_optional = false;
template <class Value>
inline constexpr bool is_optional<std::optional<Value>> = true;

template <class Type>
inline constexpr bool is_list = false;
template <class Element>
inline constexpr bool is_list<std::vector<Element>> = true;

/// Calls `visit(name, pointer to member)` for every field.
template <described Type, class Visit>
void for_each_field(Visit visit) {
    using fields = boost::describe::describe_members<Type, boost::describe::mod_public>;
    boost::mp11::mp_for_each<fields>([&](auto field) { visit(field.name, field.pointer); });
}

}  // namespace pipebench

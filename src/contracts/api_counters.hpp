// The one list of the mock API's counters: the server writes it, the session reads it, a result keeps it.
#pragma once

#include "pipebench/result.hpp"

#include <boost/describe.hpp>
#include <boost/mp11.hpp>

#include <cstdint>
#include <type_traits>

namespace pipebench {

BOOST_DESCRIBE_STRUCT(api_view, (),
                      (known, threads, requests, responses, refusals, throttled, faults, early, connections,
                       peak_connections, peak_concurrent))

/// Calls visit(name, pointer to member) for every counter of api_view, or of a described struct derived from it.
template <class View, class Visit>
void for_each_counter(Visit visit) {
    using namespace boost::describe;
    boost::mp11::mp_for_each<describe_members<View, mod_public | mod_inherited>>([&](auto member) {
        if constexpr (std::is_same_v<decltype(View{}.*member.pointer), std::uint64_t&&>)
            visit(member.name, member.pointer);
    });
}

}  // namespace pipebench

// What a session leaves on servers of the user when it is killed. Each session marks its schema and its keys with the
// identity of its process, so that a later one can remove them when that process has surely ended.
#pragma once

#include "services/postgres_client.hpp"

#include <functional>
#include <string>

namespace pipebench {

using say_line = std::function<void(const std::string&)>;

/// Eight random hexadecimal digits: part of the names of a session's schema and keys.
[[nodiscard]] std::string new_session_id();

/// Marks the schema as one of this process, which must not outlive it.
[[nodiscard]] std::string mark_schema_sql(const std::string& schema);

enum class abandoned : std::uint8_t {
    surely,         ///< by a process of this machine that has ended
    as_far_as_seen  ///< or of another machine, if no connection has its name: the user says that it has ended
};

/// Drops abandoned schemas, within a limit each. `tell` gets a line for each, and for as_far_as_seen one for each that
/// is left, with the reason. Throws `interrupted`, or setup_error if the server cannot be asked.
void sweep_schemas(const std::string& postgres, const patience& until, abandoned which, const say_line& tell);

/// The same for keys in Redis. Throws `interrupted`, or redis_error if the server cannot be asked.
void sweep_keys(const std::string& redis, const patience& until, abandoned which, const say_line& tell);

/// Sweeps what is surely abandoned on the servers that are named; either may be empty. A server that cannot be asked is
/// only told. Throws `interrupted`.
void sweep_before_a_session(const std::string& postgres, const std::string& redis, const patience& until,
                            const say_line& tell);

/// The mark of a session in a Redis of the user, where its keys begin with "pipebench:ID:". Failures are ignored: a
/// server that takes no mark is found when the runs use it.
class session_keys {
public:
    /// Throws `interrupted`.
    session_keys(std::string redis, std::string id, const patience& until);
    session_keys(const session_keys&) = delete;
    session_keys& operator=(const session_keys&) = delete;
    ~session_keys();

private:
    std::string redis_, id_;
};

}  // namespace pipebench

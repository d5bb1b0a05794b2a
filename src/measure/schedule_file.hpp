// The times at which the orders of an open run arrive, as a file that a runner reads (docs/runners.md).
#pragma once

#include "contracts/arrival_schedule.hpp"
#include "system/descriptor.hpp"

#include <string>

namespace pipebench {

/// In memory only, so that nothing of it can stay behind. It exists while this object lives.
class schedule_file {
public:
    /// Line k is the time at which order k arrives: milliseconds from the start, with three decimals. Throws
    /// setup_error.
    explicit schedule_file(const arrival_schedule& when);

    /// For processes of the same user.
    [[nodiscard]] std::string path() const;

private:
    descriptor file_;
};

}  // namespace pipebench

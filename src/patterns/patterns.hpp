// The pattern files, each with one entry for the table in patterns.cpp.
#pragma once

#include "pipebench/pattern.hpp"

namespace pipebench {

extern const pattern fan_out;
extern const pattern semaphore;
extern const pattern process_pool;
extern const pattern thread_pool;
extern const pattern redis_streams;

}  // namespace pipebench

// Clocks, from the C++ library: steady ones for traces, the system's to compare with file times.
// SPDX-License-Identifier: MIT
#include "base/clock.h"

#include <chrono>

namespace cermet {

std::int64_t monotonic_us() {
    using namespace std::chrono;
    return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
}

std::int64_t wall_ns() {
    using namespace std::chrono;
    return duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace cermet

// Clocks: monotonic microseconds for traces and wall time for stat checks.
// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

namespace cermet {

std::int64_t monotonic_us();
std::int64_t wall_ns();  // since the epoch, comparable with st_mtim

}  // namespace cermet

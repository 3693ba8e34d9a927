// Machine: which of a build's two machines something is for or runs on.
// SPDX-License-Identifier: MIT
//
// Target is the one that the build is for, Build the one that it runs on. Where both are one there is only Target, so that
// every key is asked for once.
#pragma once
#include <cstdint>
#include <string>

namespace cermet::platform {

enum class Machine : std::uint8_t { Target, Build };

// For keys and drawings: what is for the target is called as if there were one machine.
inline std::string shown_machine(Machine machine) { return machine == Machine::Target ? "" : " (for the build)"; }

}  // namespace cermet::platform

// CompiledHeaders: what the compilers read that a step starts by itself, as build scripts and generators do.
// SPDX-License-Identifier: MIT
//
// gcc and clang note the headers of every compilation where variables of the environment say so, whoever starts them. The
// variables name files in the step's scratch directory and change no bytes, so they are in no key; what is noted becomes
// leaves of the step. A compilation that is told to write dependencies itself (-MD), and one below a directory with a space
// in its name, is noted by clang only. Sources: gcc manual "Environment Variables" (SUNPRO_DEPENDENCIES); clang, Driver
// (CC_PRINT_HEADERS_FILE).
#pragma once
#include <map>
#include <string>
#include <vector>

#include "exec/action.h"

namespace cermet::exec {

// Whether a process of this action may start compilers about which nothing else is known.
bool starts_compilers(const Action& action);
// Variables for its environment; `scratch`: its TMPDIR as the process sees it.
std::map<std::string, std::string> header_notes(const std::string& scratch);
// Absolute paths of what was noted below `scratch`, sorted, each once.
std::vector<std::string> noted_headers(const std::string& scratch);

}  // namespace cermet::exec

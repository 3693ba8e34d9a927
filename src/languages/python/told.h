// Told: what tables of the configuration were given by their `uses` entries, and by the tools of the build.
// SPDX-License-Identifier: MIT
#pragma once
#include <vector>

#include "exec/steps.h"
#include "talk/told.h"

namespace cermet::python {

// Of a finished build. Entries that name a script's fact are not among them: languages/rust tells those.
std::vector<talk::Told> told_uses(const engine::Graph& graph);
// Generators' processes with what they asked.
std::vector<exec::SeenStep> talking_generators(const engine::Graph& graph);
// Compilers and interpreters that were looked for and found.
std::vector<talk::Told> told_tools(const engine::Graph& graph);

}  // namespace cermet::python

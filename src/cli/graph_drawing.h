// GraphDrawing: the engine's graph after a build, as a drawing at the level that a user thinks in.
// SPDX-License-Identifier: MIT
//
// Keys that say how they are drawn become nodes; what lies between two of them becomes an edge. Owns nothing.
#pragma once
#include <string>
#include <vector>

#include "cli/session.h"
#include "report/drawing.h"

namespace cermet::cli {

// Targets: modules, libraries, crates, scripts and the project's own headers. Steps: also every step that ran or was
// remembered, with all the files that it read and wrote.
enum class Detail { Targets, Steps };

report::Drawing draw_graph(Session& session, Detail detail);

// "module:spring.force"
std::string drawn_id(const engine::Drawn& drawn);

}  // namespace cermet::cli

// Steps: what was run or remembered in a build, read off the finished graph: actions, and the files they read and wrote.
// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <vector>

#include "engine/graph.h"
#include "exec/action.h"

namespace cermet::exec {

// Owned by the graph.
struct SeenStep {
    engine::KeyId id = engine::k_no_key;
    const Action* action = nullptr;
    const Outcome* outcome = nullptr;  // null: it failed, or never ended
};

// Processes, and work that this program did itself. Steps that rules converse with are not among them.
std::vector<SeenStep> steps_of(const engine::Graph& graph);

// Canonical paths, sorted: declared inputs and what was found by running. "/" at the end: the whole directory.
std::vector<std::string> files_read(const SeenStep& step);
// Immutable places that the command line and the environment name: tools, and the packages they are made of. They are in
// the step's key by their records, not file by file. "/" at the end.
std::vector<std::string> tools_of(const SeenStep& step);
std::vector<std::string> files_written(const SeenStep& step);

}  // namespace cermet::exec

// Steps of a finished graph, and their files.
// SPDX-License-Identifier: MIT
#include "exec/steps.h"

#include <set>

#include "exec/run.h"

namespace cermet::exec {

std::vector<SeenStep> steps_of(const engine::Graph& graph) {
    std::vector<SeenStep> found;
    for (const engine::Seen<Run>& one : graph.all_of<Run>()) found.push_back({one.id, &one.key->action(), one.value});
    for (const engine::Seen<RunInside>& one : graph.all_of<RunInside>())
        found.push_back({one.id, &one.key->action(), one.value});
    return found;
}

std::vector<std::string> files_read(const SeenStep& step) {
    std::set<std::string> found;
    for (const Input& input : step.action->inputs) {
        if (input.kind == InputKind::Offered) continue;  // a leaf says it, when it was read
        found.insert(input.kind == InputKind::Tree ? input.path + "/" : input.path);
    }
    if (step.outcome != nullptr) {
        for (const Leaf& leaf : step.outcome->leaves) {
            if (leaf.type == Leaf::Type::File) found.insert(leaf.name);
        }
    }
    return {found.begin(), found.end()};
}

std::vector<std::string> files_written(const SeenStep& step) {
    std::vector<std::string> found;
    if (step.outcome == nullptr) return found;
    for (const OutputFile& file : step.outcome->files) found.push_back(step.outcome->canonical(file.path));
    return found;
}

}  // namespace cermet::exec

// Steps of a finished graph, and their files.
// SPDX-License-Identifier: MIT
#include "exec/steps.h"

#include <set>

#include "base/text.h"
#include "exec/places.h"
#include "exec/run.h"

namespace cermet::exec {

namespace steps_detail {

// "/cermet/tool/python-1a2b3c4d/" of "PYTHONHOME=/cermet/tool/python-1a2b3c4d".
void add_places(std::set<std::string>& found, std::string_view text) {
    for (std::string_view root : {k_tool, k_pkg}) {
        const std::string head = cat(root, "/");
        for (std::size_t at = text.find(head); at != std::string_view::npos; at = text.find(head, at + 1)) {
            const std::size_t end = text.find_first_of("/ :,=\"'", at + head.size());
            found.insert(cat(text.substr(at, end == std::string_view::npos ? end : end - at), "/"));
        }
    }
}

}  // namespace steps_detail

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
    for (const auto& [name, digest] : step.action->platform) {
        if (name.compare(0, k_system_file.size(), k_system_file) == 0) found.insert(name.substr(k_system_file.size()));
    }
    if (step.outcome != nullptr) {
        for (const Leaf& leaf : step.outcome->leaves) {
            if (leaf.type == Leaf::Type::File) found.insert(leaf.name);
        }
    }
    return {found.begin(), found.end()};
}

std::vector<std::string> tools_of(const SeenStep& step) {
    std::set<std::string> found;
    for (const std::string& word : step.action->argv) steps_detail::add_places(found, word);
    for (const auto& [name, value] : step.action->env) steps_detail::add_places(found, value);
    for (const Input& input : step.action->inputs) found.erase(input.path + "/");
    return {found.begin(), found.end()};
}

std::vector<std::string> files_written(const SeenStep& step) {
    std::vector<std::string> found;
    if (step.outcome == nullptr) return found;
    for (const OutputFile& file : step.outcome->files) found.push_back(step.outcome->canonical(file.path));
    return found;
}

}  // namespace cermet::exec

// A plain workspace: every file that cargo would put below target/PROFILE for the same command line.
// SPDX-License-Identifier: MIT
//
// Source: cargo's guide "Build Cache": programs, examples, shared libraries, and libraries that were asked for.

#include "base/lists.h"
#include "base/text.h"
#include "exec/executor.h"
#include "languages/rust/rules/graph.h"

namespace cermet::rust {
namespace workspace_build_detail {

bool is_shared(const Unit& unit) {
    const std::vector<std::string>& types = unit.target.crate_types;
    return unit.target.is_lib() && contains(types, "dylib");
}

// Units whose files are delivered: what was asked for, and the shared libraries that it loads.
std::vector<std::size_t> delivered_units(const UnitGraph& graph) {
    std::vector<std::size_t> found = graph.roots;
    for (std::size_t i = 0; i < graph.units.size(); ++i) {
        const Unit& unit = graph.units[i];
        bool asked = contains(found, i);
        if (!asked && !unit.is_run() && is_shared(unit)) found.push_back(i);
    }
    return found;
}

// Its name without what tells it from others of that name.
std::string delivered_name(const Unit& unit, const std::string& file) {
    std::string name = file;
    const std::string tag = "-" + unit.identity;
    std::size_t at = name.find(tag);
    if (at != std::string::npos) name.erase(at, tag.size());
    const bool program = unit.target.is_bin() || unit.target.kind == TargetKind::Example;
    if (program && name.compare(0, unit.target.crate_name.size(), unit.target.crate_name) == 0)
        name.replace(0, unit.target.crate_name.size(), unit.target.name);
    return unit.target.kind == TargetKind::Example ? "examples/" + name : name;
}

void add_files(WorkspaceArtifacts& artifacts, const ResolvedGraph& graph, std::size_t index,
               const exec::Outcome& made) {
    const Unit& unit = graph.units.units[index];
    for (const Artifact& one : artifacts_of(graph.units, index, graph.request)) {
        const bool program = one.kind == ArtifactKind::Executable;
        if (!program && one.kind != ArtifactKind::Link) continue;
        if (made.find(one.file) == nullptr) continue;
        WorkspaceArtifact artifact;
        artifact.package = unit.package->name;
        artifact.file = made.input(one.file);
        if (program) artifact.file.kind = exec::InputKind::Executable;
        artifact.delivered = delivered_name(unit, one.file);
        artifacts.files.push_back(std::move(artifact));
    }
}

}  // namespace workspace_build_detail

engine::Task<WorkspaceArtifacts> run(engine::Build build, BuildWorkspace key) {
    SharedGraph graph = co_await build.get(ResolveGraph(key.request(), key.text()));
    exec::Executor& executor = build.service<exec::Executor>();
    for (const std::string& warning : graph->workspace.warnings) executor.warn(warning);
    for (const std::string& warning : graph->units.warnings) executor.warn(warning);
    std::vector<std::size_t> units = workspace_build_detail::delivered_units(graph->units);
    std::vector<CompileUnit> wanted;
    for (std::size_t unit : units) wanted.emplace_back(graph, unit);
    std::vector<exec::Outcome> made = co_await build.all(wanted);
    WorkspaceArtifacts artifacts;
    artifacts.directory = graph->units.profile_directory;
    if (graph->request.target) artifacts.directory = cat(graph->request.target->triple, "/", artifacts.directory);
    for (std::size_t i = 0; i < units.size(); ++i) {
        workspace_build_detail::add_files(artifacts, *graph, units[i], made[i]);
    }
    co_return artifacts;
}

}  // namespace cermet::rust

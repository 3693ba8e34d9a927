// Commands: the argv, environment and directory of each rustc call and build-script run (cargo.md §4.2, §5.2-5.6).
// SPDX-License-Identifier: MIT
//
// Pure text: every path is canonical (/cermet/ws, /cermet/pkg, /cermet/out); the caller turns prefixes into places.
// Output directories are asked of Layout by unit. What build scripts printed is asked of ScriptOutputs, which the caller
// fills for script_runs_of(unit) before it calls.
#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "languages/rust/command/directives.h"
#include "languages/rust/units/units.h"

namespace cermet::rust {

// Where outputs go and tools are, as canonical text.
struct Layout {
    // Directory of a unit's outputs: libraries, or OUT_DIR for a run. Index = unit.
    std::vector<std::string> out;
    std::string rustc = "rustc";  // argv[0] and $RUSTC
    std::string rustdoc = "rustdoc";
    std::string cargo;           // $CARGO
    std::string sysroot_libdir;  // <sysroot>/lib/rustlib/<host>/lib, for the library path of runs
    unsigned jobs = 1;           // NUM_JOBS
};
using ScriptOutputs = std::map<std::size_t, ScriptOutput>;  // by run unit
// OUT_DIR of a run.
const std::string& out_of(const Layout& layout, const ScriptOutputs& scripts, std::size_t run);

enum class ArtifactKind { Metadata, Link, DepInfo, Executable };
struct Artifact {
    ArtifactKind kind = ArtifactKind::Link;
    std::string crate_type;  // which crate type it is the result of
    std::string file;        // name below the unit's directory
};

struct Command {
    std::vector<std::string> argv;
    std::vector<std::pair<std::string, std::string>> environment;  // sorted, without what the sandbox sets
    std::string cwd;
    std::vector<Artifact> artifacts;  // empty for a run
};

// One dependency's file as this unit needs it: its metadata is enough, or the finished library.
struct NeededDep {
    std::size_t unit = 0;
    bool metadata_only = false;
};
// `index`: of a unit in the graph.
std::vector<NeededDep> needed_deps(const UnitGraph& graph, std::size_t index);  // closure, rustc units only

std::vector<Artifact> artifacts_of(const UnitGraph& graph, std::size_t index, const BuildRequest& request);
Command rustc_command(const UnitGraph& graph, std::size_t index, const BuildRequest& request, const Layout& layout,
                      const ScriptOutputs& scripts, const CargoConfig& config);
// The run of a compiled build script. argv[0] is the script's path below its compile unit's directory.
Command script_command(const UnitGraph& graph, std::size_t index, const BuildRequest& request, const Layout& layout,
                       const ScriptOutputs& scripts, const CargoConfig& config);
DirectiveContext directive_context(const Unit& unit, const CargoConfig& config);
// What a [target.<triple>.<links>] table says in place of a script's run (B12).
Result<ScriptOutput> overridden_output(const UnitGraph& graph, std::size_t index, const BuildRequest& request,
                                       const CargoConfig& config);

}  // namespace cermet::rust

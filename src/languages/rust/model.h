// The Rust model: from Cargo.toml and Cargo.lock to the graph of rustc calls, without running anything.
// SPDX-License-Identifier: MIT
//
// One header for readers and callers; each room below has its own. Everything is a plain function over SourceFiles that
// returns Result<T>: no engine, no processes, no network. The order of calls:
//
//   CargoConfig config   = load_config(files, …)              .cargo/config.toml, CARGO_* environment
//   Workspace workspace  = load_workspace(files, manifest, config)    members, inheritance, Cargo.lock
//   locate_sources(files, workspace, …)                       which .crate files are here, which must be fetched
//   TargetInfo host      = parse_target_info(triple, text)    text of `rustc --print cfg …`
//   PackageGraph graph(files, workspace, places); graph.start()   places: canonical directory per locked package
//   UnitGraph units      = build_units(graph, {selection, profile, host, target})
//   per unit:  unit.label → the caller's output directory (Layout::out), then
//     run of a build script:  script_command() → run it → parse_directives(stdout, directive_context(unit))
//     rustc:                  script_runs_of(unit) → rustc_command(); needed_deps() says which artefacts it reads
//     after rustc:            parse_dep_info(bytes of the .d file)
//   metadata_json()  what `cargo metadata` would print
//
// Threads: none of these types is shared; use one graph on one thread. Errors name the manifest line.
#pragma once
#include "languages/rust/command/command.h"
#include "languages/rust/command/directives.h"
#include "languages/rust/config/config.h"
#include "languages/rust/features/resolve.h"
#include "languages/rust/lockfile/lockfile.h"
#include "languages/rust/lockfile/semver.h"
#include "languages/rust/lockfile/source_id.h"
#include "languages/rust/manifest/cfg.h"
#include "languages/rust/manifest/manifest.h"
#include "languages/rust/metadata/metadata.h"
#include "languages/rust/profiles/profiles.h"
#include "languages/rust/sources/sources.h"
#include "languages/rust/units/units.h"
#include "languages/rust/workspace/workspace.h"

namespace cermet::rust {

// Everything `cermet internal unit-graph` needs: loads, resolves and prints cargo's --unit-graph JSON.
struct GraphRequest {
    std::string manifest_path;  // canonical or host
    std::string cargo_home;
    ConfigRequest config;
    BuildRequest build;
};
Result<Json> unit_graph_json(SourceFiles& files, PackagePlaces& places, const GraphRequest& request);

}  // namespace cermet::rust

// UnitGraph: every rustc and build-script run of one selection, with its edges (cargo.md U1-U7, U15-U16, U19).
// SPDX-License-Identifier: MIT
//
// build_units() is pure. A Unit names its package, target, profile, platform, mode and features; deps are indices into
// UnitGraph::units, in no promised order. `identity` never depends on file contents,
// flags or the machine: it is stable under every edit that leaves the graph's shape alone.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "languages/rust/features/resolve.h"
#include "languages/rust/profiles/profiles.h"

namespace cermet::rust {

enum class UnitMode { Build, RunCustomBuild };
enum class Lto { OnlyObject, OnlyBitcode, ObjectAndBitcode, Off, RunThin, RunFat };

struct UnitDep {
    std::size_t unit = 0;
    std::string extern_name;  // --extern NAME; "build_script_build" on script edges
    bool is_public = false;
    bool noprelude = false;
    bool operator==(const UnitDep&) const = default;
};

struct Unit {
    PackagePtr package;
    std::size_t node = 0;  // in the PackageGraph; k_generated for a merged root
    Target target;         // crate_types already overridden
    Profile profile;
    bool is_host = true;   // compile kind Host (without --target everything is)
    std::string platform;  // triple when built with --target, else ""
    FeaturesFor features_for = FeaturesFor::NormalOrDev;
    UnitMode mode = UnitMode::Build;
    std::vector<std::string> features;  // sorted
    std::vector<UnitDep> deps;
    bool is_local = false;  // a path package
    bool is_member = false;
    bool is_primary = false;        // selected by the user (CARGO_PRIMARY_PACKAGE)
    bool links_overridden = false;  // its build script is replaced by configuration (B12)
    Lto lto = Lto::OnlyObject;
    std::string identity;  // 16 hex digits: -C metadata and -C extra-filename
    std::string label;     // "serde-1a2b3c4d": name of its output directory

    bool is_run() const { return mode == UnitMode::RunCustomBuild; }
    bool is_script() const { return target.is_custom_build() && mode == UnitMode::Build; }
    // Only rlib/lib: produces metadata early and can be consumed by metadata alone (U12).
    bool pipelines() const;
    bool needs_full_deps() const { return !pipelines(); }
};
inline constexpr std::size_t k_generated = static_cast<std::size_t>(-1);

struct UnitGraph {
    std::vector<Unit> units;
    std::vector<std::size_t> roots;
    std::string workspace_root;  // canonical
    std::string profile_directory;
    std::vector<std::string> warnings;
};

struct BuildRequest {
    Selection selection;
    std::string profile = "dev";
    TargetInfo host;
    std::optional<TargetInfo> target;  // given with --target
    bool embeds_python = false;        // scripts that look for Python answer otherwise, so their runs are others
};

// The compile unit of a run's script; absent when configuration overrides the script.
std::optional<std::size_t> script_compile_of(const UnitGraph& graph, std::size_t run);
// The run that serves a rustc unit of the same package; absent when there is no build script.
std::optional<std::size_t> own_run_of(const UnitGraph& graph, std::size_t unit);
// Whether a run's script looks for Python: only such scripts are told of it, so that all others are the same for every
// Python.
bool looks_for_python(const UnitGraph& graph, std::size_t run);
// The packages of a run's script: its own, and all that is linked into it.
std::vector<const Package*> packages_of_script(const UnitGraph& graph, std::size_t run);
const TargetInfo& target_info(const BuildRequest& request, const Unit& unit);

Result<UnitGraph> build_units(PackageGraph& graph, const BuildRequest& request);

// The units whose build-script output reaches `unit` (B8): its own run first, then dependencies' by package id.
std::vector<std::size_t> script_runs_of(const UnitGraph& graph, std::size_t unit);
// Every library reachable over linkable edges, without `unit`: what -L dependency must cover, sorted by label. It ends
// at proc-macros, which carry their dependencies inside them.
std::vector<std::size_t> library_closure(const UnitGraph& graph, std::size_t unit);

// cargo's --unit-graph JSON (version 1) for this graph.
Json unit_graph_json(const UnitGraph& graph);

}  // namespace cermet::rust

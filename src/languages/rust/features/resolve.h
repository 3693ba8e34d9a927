// Resolve: the package graph of one lock, and the features each package gets for one selection (cargo.md §3, F1-F8).
// SPDX-License-Identifier: MIT
//
// PackageGraph matches every declaration of a manifest to an edge of the lock (L3), loading registry and git manifests
// lazily through PackagePlaces. resolve_features() is cargo's feature resolver 1, 2 or 3 for one selection of packages.
// A declaration without an edge is a stale lock: an error with a hint, never a guess.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "languages/rust/sources/sources.h"
#include "languages/rust/workspace/workspace.h"

namespace cermet::rust {

// One compile kind: the host or a target given with --target.
struct TargetInfo {
    std::string triple;
    std::vector<Cfg> cfgs;  // `rustc --print cfg` with this kind's rustflags
    std::vector<std::string> rustflags;
    std::string linker;  // -C linker=…, or ""
    std::string dylib_prefix = "lib";
    std::string dylib_suffix = ".so";
    std::string staticlib_prefix = "lib";
    std::string staticlib_suffix = ".a";
    std::string exe_suffix;
    std::vector<std::string> split_debuginfo = {"off", "packed", "unpacked"};
};
// From the output of `rustc - --crate-name ___ --print=file-names … --print=cfg` (L16) or of `--print cfg` alone.
// The words that rustc is asked with; an empty triple is the host.
std::vector<std::string> target_probe_words(const std::vector<std::string>& flags, const std::string& triple);
Result<TargetInfo> parse_target_info(const std::string& triple, const std::string& output);

// What the user asked for; one selection is unified together (F7).
struct Selection {
    struct PackageFeatures {
        std::vector<std::string> features;
        bool default_features = true;
        bool all_features = false;
    };
    struct Root {             // one artefact; when `roots` is empty: libs and bins of the selected packages
        std::string package;  // spec: NAME, NAME@VERSION
        TargetKind kind = TargetKind::Lib;
        std::string name;                      // of a bin or example; "" = the library
        std::vector<std::string> crate_types;  // override, e.g. exactly {"cdylib"}; empty: as the manifest says
    };
    // Several libraries linked into one archive under a generated root crate (design.md §6).
    struct Merged {
        std::string name;                   // crate name of the generated root
        std::string source;                 // canonical path of its generated lib.rs
        std::vector<std::string> packages;  // specs
        std::string crate_type = "staticlib";
    };
    // Specs; empty: default members. Beside named roots or merged ones they choose features only.
    std::vector<std::string> packages;
    bool workspace = false;  // all members
    std::vector<std::string> exclude;
    std::vector<std::string> features;  // "feat" or "member/feat"
    bool default_features = true;
    bool all_features = false;
    std::map<std::string, PackageFeatures> package_features;  // by package name, on top of the above
    // By "NAME VERSION", of any package of the graph: on top of what asks for it.
    std::map<std::string, std::vector<std::string>> added_features;
    std::vector<Root> roots;
    std::vector<Merged> merged;
    // Build libraries that only serve as dependencies as plain rlibs, whatever other crate types their manifest lists:
    // no needless links, LTO and pipelining stay possible. Always on when something is merged.
    bool narrow_dependencies = false;
    bool lib = false;                   // --lib
    bool all_bins = false;              // --bins
    std::vector<std::string> bins;      // --bin NAME
    bool all_examples = false;          // --examples
    std::vector<std::string> examples;  // --example NAME
};

enum class FeaturesFor { NormalOrDev, HostDep };

class PackageGraph {
   public:
    struct Edge {
        const Dependency* declaration = nullptr;
        std::size_t package = 0;  // index into `nodes`
    };
    struct Node {
        std::size_t lock_index = 0;
        PackageId id;
        PackagePtr package;  // null until loaded
        bool is_member = false;
        bool is_local = false;    // a path package
        bool linked = false;      // edges are made
        bool absent = false;      // its source is not here, and a package without dependencies stands for it
        std::vector<Edge> edges;  // in the manifest's order
    };
    PackageGraph(SourceFiles& files, const Workspace& workspace, PackagePlaces& places);
    Status start();  // makes the nodes of path packages; fails when the lock is stale or absent
    // From now on a package whose source is not here yet is no error: who asked for it is answered as if it had no
    // dependencies and every feature, and absent() names it.
    void tolerate_absent() { tolerant_ = true; }
    std::vector<std::size_t> absent() const;

    // Loads the manifest and matches its declarations; idempotent.
    Result<const Node*> need(std::size_t index);
    const Node& node(std::size_t index) const { return nodes_[index]; }
    std::size_t size() const { return nodes_.size(); }
    const Workspace& workspace() const { return workspace_; }
    std::optional<std::size_t> find(const Package& package) const;

   private:
    Status load_manifest(Node& node);
    Status link(Node& node);
    Result<std::optional<std::size_t>> match(const Node& node, const Dependency& dependency);

    SourceFiles& files_;
    const Workspace& workspace_;
    PackagePlaces& places_;
    bool tolerant_ = false;
    std::vector<Node> nodes_;
    std::map<std::string, Inheritance> git_inheritance_;
};

struct ResolvedFeatures {
    using Key = std::pair<std::size_t, FeaturesFor>;
    std::map<Key, std::set<std::string>> features;      // activated features
    std::map<Key, std::set<std::string>> dependencies;  // activated optional dependencies, by key in the manifest
    // What of the package graph the selection has, by node: the edges that the lock's resolver follows for it, without
    // the dev-dependencies of packages that are not selected. Empty for packages that are not reached.
    std::vector<std::vector<PackageGraph::Edge>> edges;
    bool split_hosts = false;  // resolver 2 and 3

    Key key(std::size_t package, FeaturesFor f) const { return {package, split_hosts ? f : FeaturesFor::NormalOrDev}; }
    const std::set<std::string>* of(std::size_t package, FeaturesFor f) const;
};

struct ResolveInput {
    const TargetInfo* host = nullptr;
    std::vector<const TargetInfo*> targets;  // empty: the host
    bool has_dev_units = false;              // tests, examples or benches are built
};

// What is added to a package; empty: nothing.
const std::vector<std::string>& added_to(const Selection& selection, const PackageId& package);
Result<std::vector<std::size_t>> selected_packages(PackageGraph& graph, const Selection& selection);
Result<ResolvedFeatures> resolve_features(PackageGraph& graph, const Selection& selection, const ResolveInput& input);

}  // namespace cermet::rust

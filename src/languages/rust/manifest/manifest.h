// Manifest: one Cargo.toml as checked values: package, targets (written and discovered), dependencies, features, lints.
// SPDX-License-Identifier: MIT
//
// read_manifest() parses one file and finds its targets on disk; workspace inheritance needs the workspace's root table,
// which the caller passes. It does not look for the workspace, read a lock or decide anything about features.
// What Cermet does not support is a Project error naming the line; unknown keys are warnings, as in cargo.
// Source: cargo book "The Manifest Format" (cargo.md M1-M17, M20, M27).
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/source_files.h"
#include "base/toml.h"
#include "languages/rust/lockfile/semver.h"
#include "languages/rust/lockfile/source_id.h"
#include "languages/rust/manifest/cfg.h"

namespace cermet::rust {

enum class TargetKind { Lib, Bin, Example, Test, Bench, CustomBuild };

struct Target {
    TargetKind kind = TargetKind::Lib;
    std::string name;        // as `cargo metadata` prints it: "my-app", "build-script-build"
    std::string crate_name;  // what rustc is told: '-' became '_'
    std::string src_path;    // canonical
    std::string edition;
    std::vector<std::string> crate_types;  // "lib", "rlib", "cdylib", "staticlib", "proc-macro", "bin"…
    std::vector<std::string> required_features;
    bool lists_required_features = false;  // also an empty list is shown
    bool doc = true;
    bool doctest = true;
    bool test = true;
    bool bench = true;
    bool harness = true;
    Where where;

    bool is_lib() const { return kind == TargetKind::Lib; }
    bool is_bin() const { return kind == TargetKind::Bin; }
    bool is_custom_build() const { return kind == TargetKind::CustomBuild; }
    bool is_proc_macro() const;
    bool is_linkable() const;  // a library other crates can name: lib, rlib, dylib, proc-macro
    bool is_cdylib() const;
    std::vector<std::string> kinds() const;  // cargo's "kind" list: ["lib"], ["bin"], ["custom-build"]…
};

enum class DependencyKind { Normal, Build, Development };

struct Dependency {
    std::string key;      // name in the manifest; features speak of this name
    std::string package;  // real name
    VersionReq requirement;
    bool has_requirement = false;
    DependencyKind kind = DependencyKind::Normal;
    std::optional<Platform> platform;
    bool optional = false;
    bool default_features = true;
    std::vector<std::string> features;
    SourceId source;           // Path: canonical directory; Git: without revision; Registry
    std::string path;          // canonical directory when written with path = (also beside git-internal sources)
    std::string registry;      // index URL when it is not crates.io
    bool has_package = false;  // written with package = "…", which makes a rename even of the same name
    bool renamed() const { return has_package; }
    Where where;
};

// One value in a feature's list (cargo.md M15).
struct FeatureValue {
    enum class Kind { Feature, Dep, DepFeature };
    Kind kind = Kind::Feature;
    std::string dep;      // Dep, DepFeature
    std::string feature;  // Feature, DepFeature
    bool weak = false;    // "dep?/feature"
    std::string text() const;
};
FeatureValue parse_feature_value(std::string_view text);

using FeatureMap = std::map<std::string, std::vector<FeatureValue>>;

struct Lint {
    std::string tool;  // "rust", "clippy", "rustdoc"
    std::string name;
    std::string level;  // forbid, deny, warn, allow
    std::int64_t priority = 0;
    std::vector<std::string> check_cfg;  // of rust.unexpected_cfgs
};

struct Package {
    std::string name;
    Version version;
    std::string version_text;
    SourceId source;
    std::string directory;      // canonical
    std::string manifest_path;  // canonical
    std::string edition = "2015";
    std::string rust_version;
    std::string links;
    std::string default_run;
    std::string resolver;  // "" when absent
    std::vector<std::string> authors, keywords, categories, include, exclude;
    std::string description, homepage, repository, documentation, license, license_file, readme;
    std::optional<std::vector<std::string>> publish;
    Json metadata;        // [package.metadata]
    Where channel_place;  // of its table `cermet`
    Json hints;           // [hints], of which cargo 1.95 only reports
    std::vector<Dependency> dependencies;
    FeatureMap features;                                                // declared and implicit ones
    std::map<std::string, std::vector<std::string>> declared_features;  // as written, with implicit "dep:x" entries
    std::vector<Target> targets;          // cargo's order: lib, bins, examples, tests, benches, build script
    std::vector<std::string> lint_flags;  // rustc arguments made of [lints], in cargo's order
    std::vector<std::string> warnings;
    Where where;

    PackageId id() const { return PackageId{name, version_text, source}; }
    void set_metadata(const Toml& table);  // after manifest_path
    const Target* library() const;
    const Target* build_script() const;
    bool has_links() const { return !links.empty(); }
};
using PackagePtr = std::shared_ptr<const Package>;

// [workspace.package], [workspace.dependencies] and [workspace.lints] of the root, for inheritance (M20).
struct Inheritance {
    std::string root_directory;  // canonical directory of the root manifest
    std::string root_manifest;
    Toml package;
    Toml dependencies;
    Toml lints;
    bool present = false;
};

struct ManifestContext {
    SourceId source;  // of this package: path, registry or git
    const Inheritance* inheritance = nullptr;
    // name in [registries] -> index URL as SourceId; from the cargo configuration
    const std::map<std::string, std::string>* registries = nullptr;
};

// Does the file have a [package] (or [project]) table?
bool has_package(const Toml& manifest);
// What a workspace's root may not say beside its members' manifests.
Status refuse_in_root(const Toml& document, const std::string& file);
Result<PackagePtr> read_manifest(SourceFiles& files, const std::string& manifest_path, const Toml& document,
                                 const ManifestContext& context);
Result<Toml> parse_manifest_file(SourceFiles& files, const std::string& manifest_path);

}  // namespace cermet::rust

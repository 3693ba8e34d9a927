// Workspace: the root manifest, its members, their packages and the lock: everything that is in the user's checkout.
// SPDX-License-Identifier: MIT
//
// load_workspace() starts at any manifest, finds the root (M18), loads every member and path dependency with inheritance
// (M19, M20), [patch] (M21) and Cargo.lock (L1-L6). It does not look at registry or git packages.
// Source: cargo book "Workspaces".
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/source_files.h"
#include "languages/rust/config/config.h"
#include "languages/rust/lockfile/lockfile.h"
#include "languages/rust/manifest/manifest.h"

namespace cermet::rust {

struct Patch {
    std::string origin;  // identity() of the source that is patched
    Dependency dependency;
};

struct Workspace {
    std::string root_directory;  // canonical
    std::string root_manifest;
    Toml root_document;
    bool is_virtual = false;
    int resolver = 1;
    std::vector<PackagePtr> members;           // sorted by manifest path; every path package under the workspace
    std::vector<PackagePtr> path_packages;     // path dependencies that are not members
    std::vector<std::size_t> default_members;  // indices into members
    std::optional<std::size_t> current;        // the package of the manifest that was asked for
    std::vector<Patch> patches;
    Inheritance inheritance;
    Json metadata;                 // [workspace.metadata]
    std::optional<Lockfile> lock;  // absent: no Cargo.lock
    std::string lock_path;
    CargoConfig config;
    std::vector<std::string> warnings;

    const Package* member(const std::string& name) const;
    std::vector<PackagePtr> local_packages() const;  // of the checkout: the members, then the other path packages
};

Result<Workspace> load_workspace(SourceFiles& files, const std::string& manifest_path, const CargoConfig& config);

}  // namespace cermet::rust

// FetchWorkspace: every package that a workspace's lock names, brought into the package store: `cermet fetch` and `vendor`.
// SPDX-License-Identifier: MIT
//
// Nothing is built, so nothing is recorded: a plain function, called outside of the graph. Not thread-safe. Paths of
// manifests may be real ones; packages are named by canonical directories.
// Failures: Project (no lock, or a stale one), Environment (no network; something is missing, and --offline was given).
// Source: cargo book, `cargo fetch`, `cargo vendor`.
#pragma once
#include <string>
#include <vector>

#include "exec/executor.h"
#include "fetch/network.h"
#include "languages/rust/rust.h"

namespace cermet::rust {

// What `[source]` tables that end at a directory or a local registry say: `cargo vendor` passes them over, because they
// name what it made the last time.
enum class Replacements { Follow, PassDirectories };

struct FetchRequest {
    std::string manifest;
    CrateSettings settings;  // lock_file, locked, offline, frozen
    Replacements replacements = Replacements::Follow;
};

struct FetchedPackage {
    PackageId id;
    std::string checksum;   // of the .crate; "" where there is none
    std::string directory;  // canonical
    std::string top;        // canonical: of the whole checkout of a git source, else `directory`
};

struct FetchedWorkspace {
    std::string root_manifest;
    std::vector<FetchedPackage> packages;  // in the order of the lock; without those of the workspace itself
    std::size_t brought = 0;               // how many were not on this machine before
};
Result<FetchedWorkspace> fetch_workspace(exec::Executor& executor, fetch::NetworkHelper& network,
                                         const FetchRequest& request);

}  // namespace cermet::rust

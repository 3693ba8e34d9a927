// `cargo metadata --format-version 1` answered from our own model, for build scripts that call $CARGO (cargo.md B6).
// SPDX-License-Identifier: MIT
// Paths are the canonical ones of the model; the caller renders them for the place it answers in.
#pragma once
#include <optional>
#include <string>

#include "languages/rust/features/resolve.h"

namespace cermet::rust {

struct MetadataRequest {
    bool no_deps = false;
    Selection selection;  // features; packages are always the whole workspace
    const TargetInfo* host = nullptr;
    const TargetInfo* filter_platform = nullptr;  // null: every platform whose sources are present
    // Packages that only other platforms need are not even loaded: they may not be on this machine. The features that
    // they alone would ask for are missing then.
    bool only_platform = false;
    std::string target_directory;
};

Result<Json> metadata_json(PackageGraph& graph, const MetadataRequest& request);

}  // namespace cermet::rust

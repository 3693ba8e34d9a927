// Lockfile: Cargo.lock versions 1 to 4 as one list of packages with edges resolved to indices.
// SPDX-License-Identifier: MIT
//
// Knows nothing of manifests: the lock holds no features, kinds, targets or renames (cargo.md L3). Never writes. Source:
// cargo book "Cargo.lock", cargo's resolver encoding. Fails on unknown versions, dangling or ambiguous edges.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "languages/rust/lockfile/source_id.h"

namespace cermet::rust {

struct LockedPackage {
    std::string name;
    std::string version;
    std::optional<SourceId> source;         // absent: a path package
    std::string checksum;                   // 64 hex or ""
    std::vector<std::size_t> dependencies;  // indices into Lockfile::packages, in the file's order
    std::optional<std::size_t> replace;
    int line = 0;
};

struct Lockfile {
    int version = 4;
    std::string path;
    std::vector<LockedPackage> packages;
    std::vector<LockedPackage> unused_patches;
};

Result<Lockfile> parse_lockfile(std::string_view bytes, std::string_view path);

}  // namespace cermet::rust

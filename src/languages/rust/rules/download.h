// Missing sources: crates that are not on this machine are downloaded from their registries, without cargo.
// SPDX-License-Identifier: MIT
//
// Crates of sparse registries (crates.io is one) come through one curl, are checked against Cargo.lock and unpacked into
// the package store; git sources are checked out in the cache; cargo's own cache is not written. Registries with a git
// index are left to cargo. Processes that download at the same time wait for each other and find what the first one
// brought. Not thread-safe: on the engine's thread.
// Failures: Environment (no network, a server's refusal), Project (checksum, a version that the index does not have).
// Source: cargo book "Registry Index", "Registry Authentication"; cargo.md L6-L9, L11.
#pragma once
#include <string>
#include <vector>

#include "exec/executor.h"
#include "fetch/network.h"
#include "languages/rust/sources/sources.h"

namespace cermet::rust {

// Those of `wanted` that are missing and already in the package store become crates, as do those downloaded now. What
// stays missing is for cargo, or in no place where the configuration looks for it.
Status download_missing(exec::Executor& executor, fetch::NetworkHelper& network, const CargoConfig& config,
                        const std::string& cargo_home, const std::vector<LocatedSource*>& wanted);
// Only the first half: nothing is downloaded.
void find_in_store(store::Store& store, LocatedSource& source);

struct FetchPlan {
    const Workspace* workspace = nullptr;
    std::string cargo_home;
    std::string manifest;  // real: what cargo is given for what only it can fetch
};
// All missing sources among `wanted`, by what is here and by cargo where it must be. What nobody found stays missing.
Status bring_sources(exec::Executor& executor, fetch::NetworkHelper& network, const FetchPlan& plan,
                     const std::vector<LocatedSource*>& wanted);

struct UnpackedSource {
    std::string directory;  // canonical: of the package
    std::string top;        // canonical: of the whole checkout of a git source, else the same
    Digest tree;
};
// A located source as an immutable package of the store. Environment error for a missing one.
Result<UnpackedSource> unpack_source(exec::Executor& executor, const LocatedSource& source);

}  // namespace cermet::rust

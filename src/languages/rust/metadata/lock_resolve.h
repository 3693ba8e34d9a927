// LockResolve: the packages, edges and features that the lock's own resolver sees: all platforms, nothing kept apart.
// SPDX-License-Identifier: MIT
//
// This is what `cargo metadata` prints as `resolve`, and coarser than what is built (features/resolve.h): normal, build
// and dev-dependencies count for every platform, and a weak feature takes its dependency in. A package whose sources are
// not on this machine is left out together with its edges. Internal to languages/rust/metadata.
// Source: cargo's resolver/dep_cache.rs, of which it is the answer for a fixed lock.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "languages/rust/metadata/metadata.h"

namespace cermet::rust {

struct LockResolve {
    struct Package {
        std::set<std::string> features;
        std::vector<PackageGraph::Edge> edges;  // active ones, in the manifest's order
    };
    std::map<std::size_t, Package> packages;  // by node
};

// Does the declaration count on the platform that is asked for?
bool counts_for(const MetadataRequest& request, const Dependency& dependency);
// The whole workspace, with the request's features.
Result<LockResolve> resolve_lock(PackageGraph& graph, const MetadataRequest& request);

}  // namespace cermet::rust

// LockResolve: the packages, edges and features that the lock's own resolver sees: nothing kept apart.
// SPDX-License-Identifier: MIT
//
// This is what `cargo metadata` prints as `resolve`, and coarser than what is built (features/resolve.h): one set of
// features per package, and a weak feature takes its dependency in. It is also where one thing ends that the finer
// resolver would follow: what a feature asks of a dev-dependency counts only where the package was selected with that
// feature, and not where a package that depends on it asks. So an edge that is missing here exists for nobody.
// Source: cargo's resolver/dep_cache.rs, of which it is the answer for a fixed lock.
// Fails when a package has not the feature that is asked of it, or its sources cannot be read.
#pragma once
#include <set>
#include <string>
#include <vector>

#include "languages/rust/features/requested.h"

namespace cermet::rust {

class LockScope {
   public:
    virtual ~LockScope() = default;
    // Does it count on the platforms that are asked for? Of the others only the edge is there: what they lead to is not
    // looked into, as its sources may not be on this machine.
    virtual bool counts(const Dependency& dependency) const {
        (void)dependency;
        return true;
    }
    // Features of a package that nothing in the graph asks for.
    virtual const std::vector<std::string>& added(const PackageId& package) const {
        static const std::vector<std::string> none;
        (void)package;
        return none;
    }
    bool skip_absent = false;  // leave out packages whose sources are not on this machine, with their edges
};

struct LockResolve {
    struct Package {
        bool reached = false;
        std::set<std::string> features;
        std::vector<PackageGraph::Edge> edges;  // active ones, in the manifest's order
    };
    std::vector<Package> packages;  // by node
};

Result<LockResolve> resolve_lock(PackageGraph& graph, const std::vector<RequestedFeatures>& requested,
                                 const LockScope& scope);

}  // namespace cermet::rust

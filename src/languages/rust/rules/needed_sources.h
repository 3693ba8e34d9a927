// NeededSources: where the packages of one lock lie, and fetching exactly those that a selection needs.
// SPDX-License-Identifier: MIT
//
// A lock covers every platform and feature; what a build needs is known by manifests, and those lie in the packages. So
// features are resolved with what is here, what they reached in vain is fetched together, and so on until nothing is
// missing: as many rounds as the missing packages are deep. With resolver 1, features count on all platforms, so packages
// of other platforms are fetched for their manifests. Not thread-safe: on the engine's thread.
// Source: cargo.md L4, F5.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "languages/rust/features/resolve.h"
#include "languages/rust/rules/download.h"
#include "languages/rust/rules/graph.h"

namespace cermet::rust {

// Unpacks packages when the model first asks for them, and remembers where they lie.
class SourcePlaces : public PackagePlaces {
   public:
    // `located` may change while this lives; the lock may not.
    SourcePlaces(exec::Executor& executor, const std::vector<LocatedSource>& located, const Lockfile& lock);
    Result<std::string> directory(const LockedPackage& package) override;
    bool is_here(const LockedPackage& package) const override;

    std::map<std::string, PackagePlace> places;  // by package id text

   private:
    const LocatedSource* find(const LockedPackage& package) const;

    exec::Executor& executor_;
    const std::vector<LocatedSource>& located_;
    const Lockfile& lock_;
};

// Where every locked package is, in cargo's home, the configured places or the package store.
Result<std::vector<LocatedSource>> find_sources(exec::Executor& executor, const FetchPlan& plan);

// Fetches what `selection` needs of the missing ones.
Status fetch_needed(exec::Executor& executor, fetch::NetworkHelper& network, const FetchPlan& plan,
                    const Selection& selection, const ResolveInput& input, std::vector<LocatedSource>& located);

// Where nothing may be fetched: the missing packages that `selection` needs, and those missing ones that the lock names
// below them (only their manifests could tell which of those are needed). "serde 1.0.228", sorted.
Result<std::vector<std::string>> missing_needed(exec::Executor& executor, const FetchPlan& plan,
                                                const Selection& selection, const ResolveInput& input,
                                                const std::vector<LocatedSource>& located);

}  // namespace cermet::rust

// Sources that a selection needs: see needed_sources.h.
// SPDX-License-Identifier: MIT
#include "languages/rust/rules/needed_sources.h"

#include <set>

#include "base/text.h"

namespace cermet::rust {

SourcePlaces::SourcePlaces(exec::Executor& executor, const std::vector<LocatedSource>& located, const Lockfile& lock)
    : executor_(executor), located_(located), lock_(lock) {}

const LocatedSource* SourcePlaces::find(const LockedPackage& package) const {
    const auto index = static_cast<std::size_t>(&package - lock_.packages.data());
    for (const LocatedSource& source : located_) {
        if (source.lock_index == index) return &source;
    }
    return nullptr;
}

bool SourcePlaces::is_here(const LockedPackage& package) const {
    const LocatedSource* source = find(package);
    return source == nullptr || source->kind != LocatedSource::Kind::Missing;
}

Result<std::string> SourcePlaces::directory(const LockedPackage& package) {
    const LocatedSource* source = find(package);
    if (source == nullptr) return bug(cat("the lock's package has no source: ", package.name));
    const std::string id = source->id.text();
    const auto known = places.find(id);
    if (known != places.end()) return known->second.directory;
    TRY(unpacked, unpack_source(executor_, *source));
    PackagePlace place;
    place.immutable = true;
    place.directory = unpacked.directory;
    place.tree = unpacked.tree;
    places[id] = place;
    return place.directory;
}

Result<std::vector<LocatedSource>> find_sources(exec::Executor& executor, const FetchPlan& plan) {
    TRY(located, locate_sources(executor.files(), *plan.workspace, LocateRequest{plan.cargo_home}));
    for (LocatedSource& source : located) find_in_store(executor.store(), source);
    return located;
}

namespace needed_sources_detail {

// Packages that the features reach, and are not here.
Result<std::vector<std::size_t>> absent_of(exec::Executor& executor, const FetchPlan& plan, const Selection& selection,
                                           const ResolveInput& input, const std::vector<LocatedSource>& located) {
    SourcePlaces places(executor, located, *plan.workspace->lock);
    PackageGraph graph(executor.files(), *plan.workspace, places);
    graph.tolerate_absent();
    TRY_VOID(graph.start());
    TRY_VOID(resolve_features(graph, selection, input));
    std::vector<std::size_t> absent;
    for (const std::size_t index : graph.absent()) absent.push_back(index);
    return absent;
}

}  // namespace needed_sources_detail

Result<std::vector<std::string>> missing_needed(exec::Executor& executor, const FetchPlan& plan,
                                                const Selection& selection, const ResolveInput& input,
                                                const std::vector<LocatedSource>& located) {
    std::map<std::size_t, const LocatedSource*> missing;
    for (const LocatedSource& source : located) {
        if (source.kind == LocatedSource::Kind::Missing) missing[source.lock_index] = &source;
    }
    if (missing.empty()) return std::vector<std::string>();
    TRY(waiting, needed_sources_detail::absent_of(executor, plan, selection, input, located));
    std::set<std::size_t> seen;
    std::set<std::string> names;
    while (!waiting.empty()) {
        const std::size_t index = waiting.back();
        waiting.pop_back();
        if (!seen.insert(index).second) continue;
        const LockedPackage& package = plan.workspace->lock->packages[index];
        if (missing.count(index) != 0) names.insert(cat(package.name, " ", package.version));
        waiting.insert(waiting.end(), package.dependencies.begin(), package.dependencies.end());
    }
    return std::vector<std::string>(names.begin(), names.end());
}

Status fetch_needed(exec::Executor& executor, fetch::NetworkHelper& network, const FetchPlan& plan,
                    const Selection& selection, const ResolveInput& input, std::vector<LocatedSource>& located) {
    std::map<std::size_t, LocatedSource*> missing;
    for (LocatedSource& source : located) {
        if (source.kind == LocatedSource::Kind::Missing) missing[source.lock_index] = &source;
    }
    while (!missing.empty()) {
        TRY(absent, needed_sources_detail::absent_of(executor, plan, selection, input, located));
        std::vector<LocatedSource*> wanted;
        for (const std::size_t index : absent) {
            const auto found = missing.find(index);
            if (found == missing.end()) continue;
            wanted.push_back(found->second);
            missing.erase(found);  // asked for once: what then is not here stays so, and who needs it says so
        }
        if (wanted.empty()) return {};
        TRY_VOID(bring_sources(executor, network, plan, wanted));
    }
    return {};
}

}  // namespace cermet::rust

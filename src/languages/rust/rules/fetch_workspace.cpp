// Fetching whole workspaces: see fetch_workspace.h.
// SPDX-License-Identifier: MIT
#include "languages/rust/rules/fetch_workspace.h"

#include <algorithm>
#include <map>

#include "base/path.h"
#include "base/text.h"
#include "fetch/ledger.h"
#include "languages/rust/features/resolve.h"
#include "languages/rust/rules/download.h"
#include "languages/rust/rules/needed_sources.h"
#include "languages/rust/rules/opened_workspace.h"

namespace cermet::rust {
namespace fetch_workspace_detail {

// Where the manifests of fetched packages are, for the check of the lock.
class FetchedPlaces : public PackagePlaces {
   public:
    explicit FetchedPlaces(const std::map<std::string, std::string>& directories) : directories_(directories) {}
    Result<std::string> directory(const LockedPackage& package) override {
        const auto found = directories_.find(PackageId{package.name, package.version, *package.source}.text());
        if (found != directories_.end()) return found->second;
        return bug(cat("a package of the lock was not fetched: ", package.name));
    }

   private:
    const std::map<std::string, std::string>& directories_;
};

// Each declaration of each package that is reached has its edge in the lock, or the lock is stale.
Status check_lock(exec::Executor& executor, const Workspace& workspace,
                  const std::map<std::string, std::string>& directories) {
    FetchedPlaces places(directories);
    PackageGraph graph(executor.files(), workspace, places);
    TRY_VOID(graph.start());
    std::vector<std::size_t> waiting;
    std::vector<bool> seen(graph.size(), false);
    auto visit = [&](std::size_t index) {
        if (seen[index]) return;
        seen[index] = true;
        waiting.push_back(index);
    };
    for (const PackagePtr& member : workspace.members) {
        if (const std::optional<std::size_t> index = graph.find(*member)) visit(*index);
    }
    while (!waiting.empty()) {
        const std::size_t index = waiting.back();
        waiting.pop_back();
        TRY(node, graph.need(index));
        for (const PackageGraph::Edge& edge : node->edges) visit(edge.package);
    }
    return {};
}

Error not_here(const std::vector<const LocatedSource*>& missing, bool offline) {
    std::vector<std::string> names;
    for (const LocatedSource* source : missing) names.push_back(cat(source->id.name, " ", source->id.version));
    std::string hint = offline ? "fetch once without --offline (or net.offline)" : std::string();
    if (missing.front()->fixed_place)
        hint = "vendor the crates again, or take the replacement out of .cargo/config.toml";
    return fetch::missing_error(names, missing.front()->reason, hint);
}

std::vector<const LocatedSource*> missing_of(const std::vector<LocatedSource>& located) {
    std::vector<const LocatedSource*> missing;
    for (const LocatedSource& source : located) {
        if (source.kind == LocatedSource::Kind::Missing) missing.push_back(&source);
    }
    return missing;
}

}  // namespace fetch_workspace_detail

Result<FetchedWorkspace> fetch_workspace(exec::Executor& executor, fetch::NetworkHelper& network,
                                         const FetchRequest& request) {
    using namespace fetch_workspace_detail;
    TRY(opened, open_workspace(executor, network, request));
    const Workspace& workspace = opened.workspace;
    std::vector<LocatedSource>& located = opened.located;
    const FetchPlan plan{&workspace, opened.cargo_home, opened.fetch_manifest};
    FetchedWorkspace out;
    out.root_manifest = workspace.root_manifest;
    out.brought = missing_of(located).size();
    const bool offline = request.settings.offline || request.settings.frozen || workspace.config.offline;
    if (out.brought > 0 && !offline) {
        std::vector<LocatedSource*> wanted;
        for (LocatedSource& source : located) wanted.push_back(&source);
        TRY_VOID(bring_sources(executor, network, plan, wanted));
    }
    const std::vector<const LocatedSource*> missing = missing_of(located);
    if (!missing.empty()) return not_here(missing, offline);
    std::map<std::string, std::string> directories;
    for (const LocatedSource& source : located) {
        TRY(unpacked, unpack_source(executor, source));
        directories[source.id.text()] = unpacked.directory;
        out.packages.push_back({source.id, source.checksum, unpacked.directory, unpacked.top});
    }
    TRY_VOID(check_lock(executor, workspace, directories));
    return out;
}

}  // namespace cermet::rust

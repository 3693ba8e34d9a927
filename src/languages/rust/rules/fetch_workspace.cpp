// Fetching whole workspaces: see fetch_workspace.h.
// SPDX-License-Identifier: MIT
#include "languages/rust/rules/fetch_workspace.h"

#include <algorithm>
#include <map>

#include "base/path.h"
#include "base/text.h"
#include "languages/rust/features/resolve.h"
#include "languages/rust/rules/download.h"
#include "languages/rust/rules/lock.h"
#include "languages/rust/rules/needed_sources.h"

namespace cermet::rust {
namespace fetch_workspace_detail {

std::string user_value(const exec::Executor& executor, const std::string& name) {
    const auto found = executor.options().user.find(name);
    return found == executor.options().user.end() ? std::string() : found->second;
}

std::string cargo_home_of(const exec::Executor& executor) {
    std::string home = user_value(executor, "CARGO_HOME");
    if (!home.empty()) return home;
    const std::string user = user_value(executor, "HOME");
    return user.empty() ? std::string() : join_path(user, ".cargo");
}

Result<CargoConfig> config_of(exec::Executor& executor, const FetchRequest& request) {
    ConfigRequest wanted;
    // Above the checkout too: cargo looks up to the root of the file system.
    std::string at(parent(executor.places().host_outside(request.manifest)));
    wanted.cwd = at;
    for (;; at = std::string(parent(at))) {
        wanted.directories.push_back(at);
        if (at == "/" || at.empty()) break;
    }
    wanted.cargo_home = cargo_home_of(executor);
    wanted.environment = executor.options().user;
    TRY(config, load_config(executor.files(), wanted));
    if (request.replacements == Replacements::Follow) return config;
    std::erase_if(config.sources, [&](const SourceDefinition& one) {
        for (const SourceDefinition& other : config.sources) {
            if (other.name == one.replace_with && (!other.directory.empty() || !other.local_registry.empty()))
                return true;
        }
        return false;
    });
    return config;
}

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
    constexpr std::size_t k_listed = 5;
    std::string listed =
        join({names.begin(), names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), k_listed))}, ", ");
    if (names.size() > k_listed) listed += cat(" and ", names.size() - k_listed, " more");
    std::string hint = offline ? "fetch once without --offline (or net.offline)" : std::string();
    if (missing.front()->fixed_place)
        hint = "vendor the crates again, or take the replacement out of .cargo/config.toml";
    return environment_error(cat("not on this machine: ", listed, " (", missing.front()->reason, ")"), hint);
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
    const std::string cargo_home = cargo_home_of(executor);
    TRY(config, config_of(executor, request));
    TRY(workspace, load_workspace(executor.files(), request.manifest, config));
    TRY(fetch_manifest, find_lock(executor, network, request.settings, workspace));
    const FetchPlan plan{&workspace, cargo_home, fetch_manifest};
    TRY(located, find_sources(executor, plan));
    FetchedWorkspace out;
    out.root_manifest = workspace.root_manifest;
    out.brought = missing_of(located).size();
    const bool offline = request.settings.offline || request.settings.frozen || config.offline;
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

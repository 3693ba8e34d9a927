// Opening workspaces outside of the graph: see opened_workspace.h.
// SPDX-License-Identifier: MIT
#include "languages/rust/rules/opened_workspace.h"

#include "base/path.h"
#include "languages/rust/rules/download.h"
#include "languages/rust/rules/lock.h"
#include "languages/rust/rules/needed_sources.h"

namespace cermet::rust {
namespace opened_workspace_detail {

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

}  // namespace opened_workspace_detail

Result<OpenedWorkspace> open_workspace(exec::Executor& executor, fetch::NetworkHelper& network,
                                       const FetchRequest& request) {
    using namespace opened_workspace_detail;
    OpenedWorkspace opened;
    opened.cargo_home = cargo_home_of(executor);
    TRY(config, config_of(executor, request));
    TRY(workspace, load_workspace(executor.files(), request.manifest, config));
    opened.workspace = std::move(workspace);
    TRY(fetch_manifest, find_lock(executor, network, request.settings, opened.workspace));
    opened.fetch_manifest = fetch_manifest;
    TRY(located, find_sources(executor, FetchPlan{&opened.workspace, opened.cargo_home, opened.fetch_manifest}));
    opened.located = std::move(located);
    return opened;
}

}  // namespace cermet::rust

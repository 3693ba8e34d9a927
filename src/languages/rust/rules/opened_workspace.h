// OpenedWorkspace: a workspace with its lock and the places of its locked packages, read outside of the graph.
// SPDX-License-Identifier: MIT
// For commands that build nothing: no read becomes part of a request. Not thread-safe. Failures: Project (no lock where it
// must be there, a manifest that cannot be read), Environment (cargo is needed to resolve a lock).
#pragma once
#include <string>
#include <vector>

#include "languages/rust/rules/fetch_workspace.h"
#include "languages/rust/sources/sources.h"

namespace cermet::rust {

struct OpenedWorkspace {
    Workspace workspace;  // with its lock
    std::string cargo_home;
    std::string fetch_manifest;          // real: what cargo is given for what only it can fetch
    std::vector<LocatedSource> located;  // every package of the lock that is not the workspace's own
};
Result<OpenedWorkspace> open_workspace(exec::Executor& executor, fetch::NetworkHelper& network,
                                       const FetchRequest& request);

}  // namespace cermet::rust

// What `fetch` and `vendor` share: a session without a mount namespace, and the workspaces of a project, fetched.
// SPDX-License-Identifier: MIT
// Workspaces: --manifest-path, else those that the project's tables name, else the Cargo.toml here or above, as cargo
// looks for it. Failures: Usage (there is none), and those of fetch_workspace.
#pragma once
#include <memory>
#include <vector>

#include "cli/common.h"
#include "languages/rust/rules/fetch_workspace.h"

namespace cermet::cli {

// Nothing runs in it, so real paths are enough. Started.
Result<std::unique_ptr<Session>> open_for_fetching(const Arguments& arguments, Listeners& listeners);

// Each workspace once. Errors name the user's own paths.
Result<std::vector<rust::FetchedWorkspace>> fetch_workspaces(Session& session, const Arguments& arguments,
                                                             rust::Replacements replacements);

}  // namespace cermet::cli

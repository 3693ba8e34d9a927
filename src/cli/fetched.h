// What `fetch`, `vendor` and `audit` share: a session without a mount namespace, and all that a project takes from outside.
// SPDX-License-Identifier: MIT
// Workspaces: --manifest-path, else those that the project's tables name, else the Cargo.toml here or above, as cargo
// looks for it. Downloads: the project's tables. Failures: Usage (there is neither), and those of fetch_workspace.
#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "cli/common.h"
#include "fetch/ledger.h"
#include "fetch/pinned.h"
#include "languages/rust/rules/fetch_workspace.h"
#include "options/config.h"

namespace cermet::cli {

// Nothing runs in it, so real paths are enough. Started.
Result<std::unique_ptr<Session>> open_for_fetching(const Arguments& arguments, Listeners& listeners);

struct ProjectSources {
    std::optional<options::Config> config;       // nullopt: a plain Rust workspace
    std::vector<rust::FetchRequest> workspaces;  // each manifest once
    std::vector<fetch::PinnedFile> downloads;
};
// What belongs to the project: an audit says only that, while `fetch` goes by a Cargo.toml that no table names, too.
enum class Search { Tables, Nearest };
Result<ProjectSources> sources_of(Session& session, const Arguments& arguments, rust::Replacements replacements,
                                  Search search);

struct Fetched {
    std::vector<rust::FetchedWorkspace> workspaces;  // each root once
    std::vector<fetch::PinnedFile> downloads;
    std::vector<fetch::PlacedFile> files;  // of the downloads, in their order
    std::size_t brought = 0;               // of the files: how many were not on this machine before
};
// Errors name the user's own paths. With --offline one error lists all that is missing.
Result<Fetched> fetch_sources(Session& session, const Arguments& arguments, rust::Replacements replacements);

// An Environment error that names all that the network would have to give; what is to be installed is a front end's business.
Status all_here(const fetch::Ledger& ledger);

// Every external byte that the project's build would use, but for its Python environment; nothing is fetched.
Result<fetch::Ledger> list_external(Session& session, const ProjectSources& sources);

}  // namespace cermet::cli

// ListSources: what the lock of a workspace names of the world, as entries of the ledger; nothing is fetched or unpacked.
// SPDX-License-Identifier: MIT
//
// Every package of the lock is listed, also those of other platforms and of features that are off: that is what `cermet
// fetch` brings. The license is the manifest's, where that is on this machine. Not thread-safe. Failures: opened_workspace.h.
#pragma once
#include <string>
#include <vector>

#include "fetch/ledger.h"
#include "fetch/pinned.h"
#include "languages/rust/rules/fetch_workspace.h"

namespace cermet::rust {

// A file that a package declares for its build script (docs/protocol.md).
struct CrateDownload {
    std::string name;  // "words/data"
    fetch::PinnedFile file;
    std::string license;  // "" = not said
    fetch::Asker asker;
};

struct ListedSources {
    std::vector<fetch::ExternalBytes> packages;
    std::vector<CrateDownload> downloads;  // of packages that are on this machine
};
Result<ListedSources> list_sources(exec::Executor& executor, fetch::NetworkHelper& network,
                                   const FetchRequest& request);

}  // namespace cermet::rust

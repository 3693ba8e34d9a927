// Git checkouts: one revision of a repository with its submodules, in the cache, through the git program.
// SPDX-License-Identifier: MIT
//
// A repository is kept once, as a bare clone, below <cache>/git/db; a checkout of one revision lies beside it and is
// complete when its mark does. Only what is missing is fetched: a revision that a clone has needs no network. The user's
// credentials, proxies and ssh are git's own. Safe beside other processes (one at a time per repository).
// Failures: Environment (no git, no network, no access), Project (the repository has no such revision).
// Source: cargo book "Specifying dependencies from git repositories"; git-fetch(1), git-submodule(1).
#pragma once
#include <string>

#include "base/result.h"
#include "fetch/network.h"
#include "store/store.h"

namespace cermet::fetch {

struct GitRevision {
    std::string url;
    std::string reference;  // "", "branch=x", "tag=x" or "rev=x": where the revision is looked for first
    std::string revision;   // 40 hex digits
};

// Where the checkout of this revision lies, or would; nothing is made.
std::string git_checkout_directory(const store::Store& store, const GitRevision& wanted);
bool has_git_checkout(store::Store& store, const GitRevision& wanted);  // also tells eviction that it is used

// The checkout's directory, made now where it is missing.
Result<std::string> checkout_git(store::Store& store, NetworkHelper& network, const GitRevision& wanted,
                                 NetworkListener* listener = nullptr);

}  // namespace cermet::fetch

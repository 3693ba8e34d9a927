// ProvidedLock: a Cargo.lock that does not lie beside the workspace's manifest: one that is configured, or cargo's answer.
// SPDX-License-Identifier: MIT
//
// cargo only reads a lock beside a manifest, and the checkout is never written. So cargo is shown a skeleton of the
// workspace in this checkout's part of the cache: its manifests and empty files for their targets. cargo's configuration
// and toolchain still come from the checkout, where cargo is started. The lock it resolves is kept in the skeleton and
// used until a manifest changes; then cargo changes what it must. Not thread-safe: on the engine's thread.
// Failures: Environment (no cargo, no network), Project (--locked, or manifests that cargo cannot resolve).
#pragma once
#include <string>

#include "exec/executor.h"
#include "fetch/network.h"
#include "languages/rust/rust.h"

namespace cermet::rust {

struct ProvidedLock {
    std::string text;      // of the lock
    std::string path;      // real: in the skeleton
    std::string manifest;  // real: the workspace's manifest in the skeleton
};

// Gives the workspace its lock where it has none of its own, or where another is configured; answers which manifest (real)
// `cargo fetch` is given.
Result<std::string> find_lock(exec::Executor& executor, fetch::NetworkHelper& network, const CrateSettings& settings,
                              Workspace& workspace);

// Resolves a lock for a workspace that has none.
Result<ProvidedLock> resolve_lock(exec::Executor& executor, fetch::NetworkHelper& network, const Workspace& workspace,
                                  const CrateSettings& settings);
// Puts a given lock beside a skeleton's manifest, for cargo to fetch by.
Result<ProvidedLock> place_lock(exec::Executor& executor, const Workspace& workspace, const std::string& text);

}  // namespace cermet::rust

// Cargo fetch: the two things that cargo itself is asked for: downloading locked packages, and resolving a missing lock.
// SPDX-License-Identifier: MIT
//
// The commands are data, so that they can be shown and tested; running them is the network helper's job. cargo writes
// below CARGO_HOME and, resolving, a Cargo.lock beside the manifest it is given. Everything else about Rust sources is
// read by languages/rust. Failures: Environment (no cargo, no network), Project (the lock is stale).
// Source: cargo book, `cargo fetch`, `cargo generate-lockfile`.
#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "fetch/network.h"

namespace cermet::fetch {

struct LockRequest {
    std::string manifest;   // real path
    std::string directory;  // real: where cargo looks for its configuration from
    bool update = false;    // a lock lies there: change only what the manifests demand
    bool offline = false;   // only what is on this machine
};

// `directory`: real, where cargo looks for its configuration from.
NetworkCommand cargo_fetch_command(const std::string& manifest_host_path, const std::string& directory,
                                   std::size_t missing);
NetworkCommand cargo_lock_command(const LockRequest& request);
// A file from an http(s) or file URL to `target`, with the user's proxies, certificates and netrc.
NetworkCommand download_command(const std::string& url, const std::string& target);

// Downloads every package of the lock that is not on this machine. `missing` ("serde 1.0.228") is for messages.
Status cargo_fetch(NetworkHelper& network, const std::string& manifest_host_path, const std::string& directory,
                   const std::vector<std::string>& missing, NetworkListener* listener = nullptr);
Status cargo_generate_lockfile(NetworkHelper& network, const LockRequest& request, NetworkListener* listener = nullptr);
// Downloads and checks one file; a Project error when its sha256 (64 hex) differs, and the file is removed.
Status download(NetworkHelper& network, const std::string& url, const std::string& sha256, const std::string& target,
                NetworkListener* listener = nullptr);

}  // namespace cermet::fetch

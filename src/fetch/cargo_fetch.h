// Cargo fetch: the two things that cargo itself is asked for: downloading locked packages, and resolving a missing lock.
// SPDX-License-Identifier: MIT
//
// The commands are data, so that they can be shown and tested; running them is the network helper's job. cargo writes
// below CARGO_HOME, and generate-lockfile writes Cargo.lock beside the workspace's manifest. Everything else about
// Rust sources is read by languages/rust. Failures: Environment (no cargo, no network), Project (the lock is stale).
// Source: cargo book, `cargo fetch`, `cargo generate-lockfile`.
#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "fetch/network.h"

namespace cermet::fetch {

NetworkCommand cargo_fetch_command(const std::string& manifest_host_path, std::size_t missing);
NetworkCommand cargo_lock_command(const std::string& manifest_host_path);
// A file from an http(s) or file URL to `target`, with the user's proxies, certificates and netrc.
NetworkCommand download_command(const std::string& url, const std::string& target);

// Downloads every package of the lock that is not on this machine. `missing` ("serde 1.0.228") is for messages.
Status cargo_fetch(NetworkHelper& network, const std::string& manifest_host_path,
                   const std::vector<std::string>& missing, NetworkListener* listener = nullptr);
Status cargo_generate_lockfile(NetworkHelper& network, const std::string& manifest_host_path,
                               NetworkListener* listener = nullptr);
// Downloads and checks one file; a Project error when its sha256 (64 hex) differs, and the file is removed.
Status download(NetworkHelper& network, const std::string& url, const std::string& sha256,
                const std::string& target, NetworkListener* listener = nullptr);

}  // namespace cermet::fetch

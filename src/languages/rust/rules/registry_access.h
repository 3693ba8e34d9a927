// RegistryAccess: how one user reaches registries: proxies and patience from cargo's configuration, tokens, cached indexes.
// SPDX-License-Identifier: MIT
//
// What is read here decides no result, so nothing of it is a leaf of the request; and no token is written anywhere but
// into curl's private instructions. An index's files are kept in <cache>/index with their ETag and asked for again only
// by it. Not thread-safe: on the engine's thread, under the lock of downloads.
// Failures: Environment (no network, a token is wanted), Project (not an index, a version that it does not have).
// Source: cargo book "Registry Index", "Registry Authentication", "Configuration" ([http], [net], [registries]).
#pragma once
#include <map>
#include <string>

#include "fetch/downloads.h"
#include "fetch/network.h"
#include "fetch/registry.h"
#include "languages/rust/config/config.h"
#include "store/store.h"

namespace cermet::rust {

struct RegistryUser {
    const CargoConfig* config = nullptr;
    std::string cargo_home;
    std::map<std::string, std::string> environment;  // the user's, unrecorded
};

fetch::TransferSettings transfer_settings(const RegistryUser& user, const std::string& scratch_directory);

struct RegistryToken {
    std::string name;   // of the registry, as the configuration calls it; "crates-io"; "" where it has none
    std::string value;  // "" = none
    // A credential provider of the configuration that is not cargo's own file of tokens: only cargo can ask it.
    std::string provider;
};
// `registry`: an index as a lock would name it. From CARGO_REGISTRIES_NAME_TOKEN, CARGO_REGISTRY_TOKEN (crates.io), the
// configuration or credentials.toml.
RegistryToken registry_token(const RegistryUser& user, const std::string& registry);

// What a sparse registry said of itself when it was asked the last time; of crates.io it is known. Nothing is asked.
std::optional<fetch::RegistryConfig> known_registry(const store::Store& store, const std::string& index);

// One sparse registry of this build.
class RegistryAccess {
   public:
    // `index`: "sparse+https://…/".
    RegistryAccess(const store::Store& store, fetch::NetworkHelper& network, const fetch::TransferSettings& settings,
                   std::string index, RegistryToken token);

    Status open();  // reads its configuration
    // `sha256`: what the lock says; asked of the index where it is "", and written there.
    Result<fetch::Download> download_of(fetch::RegistryCrate crate, const std::string& directory);
    // An Error that says how to give a token, when this one is a refusal.
    Error explained(Error error) const;

   private:
    std::string url() const;
    Result<std::string> index_file(const std::string& path, const std::string& token);
    Result<std::string> checksum_of(const fetch::RegistryCrate& crate);

    const store::Store& store_;
    fetch::NetworkHelper& network_;
    const fetch::TransferSettings& settings_;
    std::string index_;
    RegistryToken token_;
    fetch::RegistryConfig config_;
};

}  // namespace cermet::rust

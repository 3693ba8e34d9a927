// Registry: what the index of a cargo registry says: where its crates are downloaded from, and their checksums.
// SPDX-License-Identifier: MIT
//
// Pure functions over texts that the network gave, none of which is trusted. Failures: Project (not an index, or a name
// that no registry has). Values; thread-safe.
// Source: cargo book "Registry Index", "Index Format", "Running a Registry".
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace cermet::fetch {

// An index's config.json.
struct RegistryConfig {
    std::string download;        // `dl`: a template with {crate} and so on, or the head of a URL
    bool auth_required = false;  // `auth-required`: every request carries the registry's token
};

struct RegistryCrate {
    std::string name;
    std::string version;
    std::string sha256;  // 64 hex; "" where the lock has none
};

// "sparse+https://index.crates.io/" of a sparse registry and of crates.io, whose lock entries name its git index; "" for
// other git indexes. `source` is the lock's: "registry+https://…" or "sparse+https://…".
std::string sparse_index_of(std::string_view source);

Result<RegistryConfig> parse_registry_config(std::string_view text, std::string_view name);
// A crate's file in an index: "1/a", "2/ab", "3/a/abc", "ab/cd/abcdef"; names are ASCII, at most 64 long.
Result<std::string> index_path(std::string_view crate);
Result<std::string> download_url(const RegistryConfig& config, const RegistryCrate& crate);
// The checksum of one version in a crate's file of the index; nullopt where it has no such version.
std::optional<std::string> checksum_in_index(std::string_view text, std::string_view version);

}  // namespace cermet::fetch

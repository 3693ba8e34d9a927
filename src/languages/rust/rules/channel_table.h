// ChannelTable: what [package.metadata.cermet] of a package's Cargo.toml says of its build script.
// SPDX-License-Identifier: MIT
//
// A package whose build script talks says so in its Cargo.toml, which cargo leaves alone (docs/protocol.md):
//     [package.metadata.cermet]
//     provide = ["headers:shapes"]     what others may ask for: a script that asks waits for these scripts only
//     fetch = [{ name = "words", url = "https://…", sha256 = "…", size = 5242880, license = "CC0-1.0" }]
// Such a script gets the variable CERMET_CHANNEL. A plain value.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "facts/fact.h"
#include "fetch/pinned.h"
#include "languages/rust/manifest/manifest.h"

namespace cermet::rust {

struct ChannelTable {
    std::vector<facts::FactName> provides;
    std::map<std::string, fetch::PinnedFile> downloads;  // by the names that the script uses
    std::map<std::string, std::string> licenses;         // of the downloads, where it is said
    bool provides_fact(const facts::FactName& name) const;
};

// nullopt: there is no such table, and the script does not talk. Project errors name the table's line.
Result<std::optional<ChannelTable>> channel_table_of(const Package& package);

}  // namespace cermet::rust

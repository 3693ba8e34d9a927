// Environment variables that cargo gives to rustc and to build scripts; shared by the command room's files.
// SPDX-License-Identifier: MIT
#pragma once
#include <map>
#include <string>

#include "languages/rust/command/command.h"

namespace cermet::rust {

using Environment = std::map<std::string, std::string>;

// "foo-bar" -> "FOO_BAR".
std::string envify(std::string_view text);
// CARGO, CARGO_MANIFEST_*, CARGO_PKG_* (cargo.md §5.6).
void add_package_environment(const Package& package, const Layout& layout, Environment& out);
// [env] of the configuration: never over what cargo sets, over the user's environment only with `force`.
void add_configured_environment(const CargoConfig& config, Environment& out);
std::vector<std::pair<std::string, std::string>> sorted_pairs(const Environment& environment);

}  // namespace cermet::rust

// Declared downloads: [[download]] tables and what stands beside them, as pinned files and a policy.
// SPDX-License-Identifier: MIT
// Pure translation; plain functions.
#pragma once
#include <string>

#include "fetch/pinned.h"
#include "options/config.h"

namespace cermet::fetch {

PinnedFile pinned_of(const options::Download& table);
// `directory`: the project's real one, which relative paths start from.
DownloadPolicy policy_of(const options::Config& config, const std::string& directory);
// The variable in which a generator finds its place: CERMET_DOWNLOAD_RATES.
std::string variable_of(const options::Download& table);

}  // namespace cermet::fetch

// Declared downloads: see declared.h.
// SPDX-License-Identifier: MIT
#include "fetch/declared.h"

#include "base/path.h"
#include "base/text.h"

namespace cermet::fetch {

PinnedFile pinned_of(const options::Download& table) {
    PinnedFile file;
    file.url = *table.url;
    file.sha256 = lower(*table.sha256);
    file.size = static_cast<std::uint64_t>(*table.size);
    file.name = cat("the download ", *table.name);
    file.place = table.place;
    return file;
}

DownloadPolicy policy_of(const options::Config& config, const std::string& directory) {
    DownloadPolicy policy;
    policy.mirrors = *config.mirrors;
    if (!config.vendored_downloads->empty()) policy.directory = join_path(directory, *config.vendored_downloads);
    for (const options::Download& table : config.downloads) {
        if (!table.file->empty()) policy.local[lower(*table.sha256)] = join_path(directory, *table.file);
    }
    return policy;
}

std::string variable_of(const options::Download& table) {
    std::string name = upper(cat("CERMET_DOWNLOAD_", *table.name));
    for (char& c : name) {
        if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) c = '_';
    }
    return name;
}

}  // namespace cermet::fetch

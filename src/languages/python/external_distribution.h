// ExternalDistribution: an installed distribution that cannot be copied into the cache: where its files are, what counts.
// SPDX-License-Identifier: MIT
//
// Editable installations keep their files in somebody's working tree, and some system packages list no files. Such a
// distribution becomes an outside directory, /cermet/ext/py-<name>-<8 hex of its path>, whose files count by content.
// Sources: PEP 610 (direct_url.json), PEP 660 and site (.pth files), setuptools' top_level.txt.
#pragma once
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "store/store.h"

namespace cermet::python {

struct ExternalDistribution {
    std::string directory;  // real: what stands on Python's path
    // Directories and files below it that belong to the distribution; empty: all that is no build output.
    std::vector<std::string> top_levels;
    std::string place(const std::string& name) const;  // canonical
};

// Whether a .dist-info directory (real path) is one of those.
bool is_external(const std::string& dist_info);
ExternalDistribution find_external(const std::string& dist_info);
// Of the names and contents of its files.
Result<Digest> external_digest(store::Store& store, const ExternalDistribution& found);

}  // namespace cermet::python

// Checkout: which directory /cermet/ws stands for: the lowest one that holds the project and every crate it names.
// SPDX-License-Identifier: MIT
//
// Project directory, cargo workspace and path dependencies, never above the version control root. A wheel built from an
// sdist gets the same canonical paths as one from a clone, so both share every step. Reads files directly, before any
// sandbox exists; what it reads is read again, recorded, by the build itself.
#pragma once
#include <string>

#include "base/source_files.h"

namespace cermet::cli {

struct Checkout {
    std::string host;       // real directory of /cermet/ws
    std::string directory;  // canonical directory of the project
};
Checkout find_checkout(const std::string& project_host_directory);

// Reads the host's files without recording anything: for what must be known before the build begins.
class HostFiles : public SourceFiles {
   public:
    std::optional<std::string> read(const std::string& path) override;
    SourceKind kind(const std::string& path) override;
    std::vector<SourceEntry> list(const std::string& directory) override;
    std::optional<Digest> digest(const std::string& path) override;
};

}  // namespace cermet::cli

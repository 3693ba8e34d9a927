// Sources: where the files of each locked package are on this machine, or that they are missing (cargo.md L7, L10-L12).
// SPDX-License-Identifier: MIT
//
// locate_sources() only looks: nothing is downloaded or unpacked. A registry package is accepted by the sha256 of its
// `.crate`, wherever under CARGO_HOME it lies; registry/src is never trusted. PackagePlaces is implemented by the caller
// (unpacking `.crate` files into /cermet/pkg/…) and is asked lazily, only for packages that the build really needs.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/source_files.h"
#include "languages/rust/workspace/workspace.h"

namespace cermet::rust {

struct LocatedSource {
    enum class Kind { Path, Crate, Directory, Git, Missing };
    Kind kind = Kind::Missing;
    PackageId id;
    std::size_t lock_index = 0;
    std::string checksum;   // of the .crate, 64 hex or ""
    std::string host_path;  // Crate: the .crate file; Directory: vendored package directory; Git: the checkout's root
    std::string package_name;  // name of the immutable place: "crate-NAME-VERSION-8hex" or "git-NAME-VERSION-8hex"
    std::string reason;        // Missing: what was looked for
    // Of a registry's crate: the index that has it now, after replacement, as a lock would say it.
    std::string registry;
    bool fixed_place = false;  // the configuration puts a directory or local registry in its source's place
};

struct LocateRequest {
    std::string cargo_home;  // host path
};

// One entry per locked package that is not a path package. Digests of candidates are taken through `files`.
Result<std::vector<LocatedSource>> locate_sources(SourceFiles& files, const Workspace& workspace,
                                                  const LocateRequest& request);

// Name -> directory whose Cargo.toml has that name and version, below a git checkout (L12).
std::optional<std::string> find_in_checkout(SourceFiles& files, const std::string& root, const std::string& name,
                                            const std::string& version);

// Verifies a directory source against its .cargo-checksum.json (L10); `package` must equal the lock's checksum.
Status check_directory_source(SourceFiles& files, const std::string& directory, const std::string& checksum);

// The caller's answer to "where is this package's directory, as canonical text?".
class PackagePlaces {
   public:
    virtual ~PackagePlaces() = default;
    // For git packages: the directory of the package itself (use find_in_checkout), `root` set to the checkout's root.
    virtual Result<std::string> directory(const LockedPackage& package) = 0;
    // False: directory() would fail because the source must be fetched first.
    virtual bool is_here(const LockedPackage& package) const {
        (void)package;
        return true;
    }
};

}  // namespace cermet::rust

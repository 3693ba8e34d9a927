// Packages: brings crates, vendored and git sources and installed Python distributions into immutable places of the cache.
// SPDX-License-Identifier: MIT
//
// A package lies at <cache>/pkg/<name> and is read by actions as /cermet/pkg/<name>; <name> is "<kind>-<name>-<version>-"
// and 8 hex of what it was made from: a crate's sha256, or the tree digest. Files are 0444 or 0555, directories 0555, and
// each file's mtime is derived from its bytes, so that one stat per file tells whether the package is as it was made.
// Beside it, <name>.ok (a checksummed record) holds source, tree digest and file list; without it there is no package. A
// package that is not as its mark says is thrown away and made again.
// Importing is safe beside other processes: one at a time per name (KeyLock), by a temporary directory and rename.
// Failures: Project (checksum differs, archive is bad), Environment (unreadable, disk full). Threads: any.
// Sources: cargo book "Source Replacement" (.cargo-checksum.json), Packaging spec "Recording installed projects" (RECORD),
// PEP 610 (direct_url.json).
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "fetch/tree_digest.h"
#include "store/store.h"

namespace cermet::fetch {

struct Package {
    std::string canonical;  // "/cermet/pkg/crate-serde-1.0.228-9a8e94ea"; empty when external
    std::string host;       // the real directory
    Digest digest;          // of the tree
    // An installed distribution that cannot be copied, because its files lie elsewhere (editable) or are not listed: the
    // caller treats `host` (its site-packages) as an outside directory whose files count by content.
    bool external = false;
    std::string reason;  // why external
};

// A .crate as crates.io serves it: gzipped tar with the one top directory NAME-VERSION. `sha256` is the lock file's (64
// hex); empty where the lock has none.
Result<Package> import_crate(store::Store& store, const std::string& name, const std::string& version,
                             const std::string& sha256, const std::string& crate_host_path);

// The same, when it is in the store already; nothing is read but its mark and one stat per file.
std::optional<Package> find_crate(store::Store& store, const std::string& name, const std::string& version,
                                  const std::string& sha256);

// A vendored crate's directory (verified against its .cargo-checksum.json) or a git checkout (its .git and what cargo
// adds left out). `name` is the place's name without the digest: "crate-NAME-VERSION-1a2b3c4d". `sha256`: what the lock
// says of a vendored crate's .crate file; empty where it says nothing.
Result<Package> import_directory(store::Store& store, const std::string& name, const std::string& host_path,
                                 const std::string& sha256 = {});

// An installed distribution, by its .dist-info directory. Its digest does not depend on who installed it, or where.
Result<Package> import_python_distribution(store::Store& store, const std::string& dist_info_host_path);

// --- parts, for tests and for `cache verify` ---
struct RecordRow {
    std::string path;
    std::string algorithm;  // "sha256" or ""
    std::string hash;       // base64url without padding
    std::optional<std::uint64_t> size;
};
// RECORD's lines, with CSV quoting; lines without a path are skipped.
std::vector<RecordRow> parse_record(std::string_view text);

// Hashes the files of every package; damaged ones are removed and listed by name.
Result<std::vector<std::string>> verify_packages(store::Store& store);

}  // namespace cermet::fetch

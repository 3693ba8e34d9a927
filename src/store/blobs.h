// Blobs: files named by the SHA-256 of their bytes, shared by links.
// SPDX-License-Identifier: MIT
//
// Layout: <directory>/<2 hex>/<64 hex> with mode 0444, and <64 hex>.x with mode 0555, its executable twin (another inode).
// A blob's mtime is derived from its digest (blob_mtime), so that "untouched since it was written" needs no record: a
// file of the right size and that mtime is believed; with another mtime (an unpacked CI cache) it is hashed once and its
// mtime restored; with other bytes it is removed, its mtime first, so that no link to it is believed. Equal bytes have
// equal mtimes, other bytes others, so tools that compare times (Python's .pyc check) see a change. Access times say
// when a blob was last used; eviction goes by them.
// Files appear by link or rename, complete. Where the directory cannot be written, new blobs go to a private scratch
// directory. Thread-safe. Failures: Environment; "lost" when a blob is gone or damaged.
#pragma once
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/result.h"
#include "store/disk.h"
#include "store/store.h"

namespace cermet::store {

std::int64_t blob_mtime(const Digest& digest);
// The name of a blob file -> its hash; nullopt for anything else.
struct BlobName {
    std::string hex;
    Mode mode = Mode::Plain;
};
std::optional<BlobName> parse_blob_name(std::string_view file_name);
Error lost_blob(const Digest& digest, std::string_view what);

class Blobs {
   public:
    // `scratch` is empty for a writable directory. Temporary files go to `temporary`, on the same file system.
    Blobs(std::string directory, std::string temporary, std::string scratch);

    Result<Digest> put(std::string_view bytes);
    // `stored` receives the file's stat as it is afterwards (a link to the blob, or a read-only copy).
    Result<Digest> put_file(const std::string& host_path, Mode mode, DiskStat& stored);
    bool has(const Digest& digest, Trust trust);
    Result<std::string> get(const Digest& digest);
    Status materialise(const Digest& digest, Mode mode, const std::string& host_path, Trust trust);
    Status forget(const Digest& digest);

    // uses from now on must be visible to eviction
    void lease_began(std::int64_t ns) { lease_began_ = ns; }
    std::uint64_t bytes_added() const { return bytes_added_; }

   private:
    struct Found {
        std::string path;
        Mode mode = Mode::Plain;
    };
    std::string path_in(const std::string& root, const Digest& digest, Mode mode) const;
    std::string new_path(const Digest& digest, Mode mode) const;
    std::string temporary_path();
    bool usable(const std::string& path, const Digest& digest, Mode mode, Trust trust);
    std::optional<std::string> find(const Digest& digest, Mode mode, Trust trust);
    std::optional<Found> find_either(const Digest& digest, Mode preferred, Trust trust);
    Status place(const std::string& temporary, const std::string& final);
    Status link_in(const std::string& host_path, const Digest& digest, Mode mode, bool shared_inode);
    Status replace_by_blob(const std::string& host_path, const std::string& blob, const Digest& digest, Mode mode);
    Status twin(const Digest& digest, const Found& other, Mode mode);
    void used(const std::string& path, const DiskStat& stat);

    std::string directory_;
    std::string temporary_;
    std::string scratch_;
    std::atomic<std::uint64_t> counter_{0};
    std::atomic<std::uint64_t> bytes_added_{0};
    std::atomic<std::int64_t> lease_began_{0};
};

}  // namespace cermet::store

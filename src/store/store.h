// Store: what Cermet remembers between builds: blobs, action results, file digests, request traces. One per cache directory.
// SPDX-License-Identifier: MIT
//
// It does not know what an action or a request is: keys are digests, entries are bytes. Layout and formats: docs/formats.md.
// Several processes share one store: appends take a short lock, files appear by rename or link, a reader never waits.
// Blobs are named by SHA-256; their files are read-only (0444, or 0555 for the executable twin) and never opened for
// writing again. Nothing here is trusted for its size alone: `Trust::Verify` hashes before use.
// A read-only cache works: puts answer the digest and keep the bytes only for this process where they must.
// Threads: every function may be called from any thread. Failures: Environment (disk full, unreadable cache), never a throw.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "platform/os.h"

namespace cermet::store {

// believe a blob whose size and mtime are as written, or hash it now
enum class Trust { Stat, Verify };
enum class Mode { Plain, Executable };

struct CacheStatistics {
    std::uint64_t blobs = 0;
    std::uint64_t blob_bytes = 0;
    std::uint64_t entries = 0;
    std::uint64_t roots = 0;       // checkouts' own directories
    std::uint64_t root_bytes = 0;  // not shared with blobs
    std::uint64_t packages = 0;
    std::uint64_t shared = 0;
    std::uint64_t size_cap = 0;
};

struct VerifyReport {
    std::uint64_t checked = 0;
    std::vector<std::string> bad;  // digests whose bytes differ or are gone; they were removed
};

class Store {
   public:
    // Creates the directory where it can; a directory that cannot be written gives a read-only store.
    static Result<std::unique_ptr<Store>> open(const std::string& directory);
    // $CERMET_CACHE, else $XDG_CACHE_HOME/cermet, else ~/.cache/cermet, else (no home) a directory under /tmp by uid.
    static std::string default_directory();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;
    ~Store();

    bool read_only() const;
    const std::string& directory() const;
    std::string packages_directory() const;  // /cermet/pkg
    std::string shared_directory() const;    // /cermet/shared
    // The same in plain mode: a step that observed its place has other bytes there, and a build in
    // the other mode may be reading its own.
    std::string plain_shared_directory() const;
    std::string tools_directory() const;  // /cermet/tool
    // roots/<8 hex>: one checkout's own outputs
    std::string root_directory(const std::string& checkout_host_path) const;
    // on the cache's file system; name files "<pid>-…", dead ones are collected
    std::string temporary_directory() const;
    // In mount mode: paths below `prefix` ("/cermet/out") are those below `real_directory`. Links cannot cross the bind
    // mount behind which the prefix stands, so every path given to this class is rewritten first.
    void alias(std::string prefix, std::string real_directory);
    // Marks a directory below pkg, shared, tool or roots as used now: eviction goes by its mtime.
    void touch_directory(const std::string& host_directory);

    // --- blobs ---
    Result<Digest> put(std::string_view bytes);
    // Hashes a finished file and links it into the store (copied across file systems); the file becomes read-only.
    Result<Digest> put_file(const std::string& host_path, Mode mode);
    bool has(const Digest& digest, Trust trust = Trust::Stat);
    // always verified; Environment error "lost" when gone or damaged
    Result<std::string> get(const Digest& digest);
    // Makes host_path a link to the blob (or a copy across file systems). The target must not exist.
    Status materialise(const Digest& digest, Mode mode, const std::string& host_path, Trust trust = Trust::Stat);
    Status forget_blob(const Digest& digest);  // removes a damaged blob

    // --- entries: small values by (space, key); the newest append wins, or all are kept as candidates ---
    std::optional<std::string> find_entry(std::string_view space, const Digest& key);
    Status put_entry(std::string_view space, const Digest& key, std::string_view bytes);
    // Up to `k_max_candidates` newest first: the traces of one intent.
    std::vector<std::string> find_candidates(std::string_view space, const Digest& key);
    Status add_candidate(std::string_view space, const Digest& key, std::string_view bytes);
    static constexpr int k_max_candidates = 16;

    // --- file digests by stat, with git's racy rule; files inside this store ignore ctime ---
    Result<Digest> file_digest(const std::string& host_path);
    // Writes what was learnt (entries and stats are buffered); called at the end of a build and every few seconds.
    Status flush();

    // --- leases and space ---
    // A lease keeps everything used since it was taken from eviction until it is dropped (also when the process dies).
    class Lease;
    std::unique_ptr<Lease> lease();
    // least recently used first; waits for no lease, spares leased ones
    Status collect(std::uint64_t size_cap);
    // the default cap, at most once a day or when far above it
    Status collect_if_needed();
    CacheStatistics statistics();
    Result<VerifyReport> verify();  // hashes everything

   private:
    Store();
    struct State;
    std::unique_ptr<State> state_;
};

class Store::Lease {
   public:
    virtual ~Lease() = default;
};

}  // namespace cermet::store

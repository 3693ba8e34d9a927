// Gc: measures a cache directory and evicts the least recently used of it.
// SPDX-License-Identifier: MIT
//
// Units of eviction: a blob file, a package, a shared step's directory, a tool directory, a whole checkout root. Last use
// is a blob's access time, a directory's mtime (store.h: touch_directory). Bytes shared by links count once and are freed
// only when the last link inside and outside of the cache is gone.
// Never evicted: what was used since the oldest living lease began (two seconds of slack), a root whose lock is held.
// Directories unused for 30 days go even below the cap. An entry whose blob is evicted stays: its reader finds the blob
// "lost" and runs the producer, which writes the entry anew; entries themselves go 60 days after their last use.
// One collection at a time (gc.lock); a second one returns at once. Failures: Environment.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/store.h"

namespace cermet::store {

struct CacheLayout {
    std::string directory;
    std::string blobs() const { return directory + "/blobs"; }
    std::string temporary() const { return directory + "/tmp"; }
    std::string leases() const { return directory + "/leases"; }
    std::string roots() const { return directory + "/roots"; }
    std::string packages() const { return directory + "/pkg"; }
    std::string shared() const { return directory + "/shared"; }
    std::string shared_plain() const { return directory + "/shared-plain"; }
    std::string tools() const { return directory + "/tool"; }
    std::string clones() const { return directory + "/git"; }  // of the room fetch: each repository with its checkouts
    std::string entries_log() const { return directory + "/entries.log"; }
    std::string stats_log() const { return directory + "/stats.log"; }
    std::string size_file() const { return directory + "/size"; }  // see Growth
};

// 20 GB, or a tenth of a smaller disk
std::uint64_t default_size_cap(const std::string& directory);
CacheStatistics survey(const CacheLayout& layout);  // all but `entries`

struct Collected {
    std::uint64_t bytes_left = 0;
    std::uint64_t evicted = 0;
    bool ran = false;  // false: another process is collecting
};
Result<Collected> evict(const CacheLayout& layout, std::uint64_t size_cap);

// Hashes every blob on all cores; removes bad ones and files that are no blobs.
Result<VerifyReport> verify_blobs(const std::string& directory);

// How much the cache holds, over all processes: "=<bytes> <time>" as the last collection left it, then one "+<bytes>" line
// per flush.
struct Growth {
    std::uint64_t bytes = 0;
    std::int64_t collected_ns = 0;  // 0: never
};
Growth read_growth(const std::string& path);
Status add_growth(const std::string& path, std::uint64_t bytes);
Status write_growth(const std::string& path, std::uint64_t bytes, std::int64_t now_ns);

}  // namespace cermet::store

// StatCache: remembers the digest of a file by what stat tells about it, under git's racy rule.
// SPDX-License-Identifier: MIT
//
// Key: device, inode, size, mtime, ctime. A digest is remembered only when the file's times lie safely before the moment
// hashing began: a later write within the clock's granularity would leave the same stamps (git's racy-git.txt). ctime is
// neither compared nor judged for the store's own files, because linking changes it.
// Payload of one record (format 1): u32 hour · u64 device, inode, size, mtime, ctime · 32 bytes hash.
// Thread-safe. Failures: Environment, from open() and flush().
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/digest.h"
#include "store/append_log.h"
#include "store/disk.h"

namespace cermet::store {

enum class Owner { User, Store };

class StatCache final : public LogVisitor {
   public:
    static Result<std::unique_ptr<StatCache>> open(const std::string& path, Access access);
    std::optional<Digest> find(const DiskStat& stat, Owner owner);
    // `hashing_began` is wall time; nothing is remembered when a later write could go unseen.
    void remember(const DiskStat& stat, const Digest& digest, std::int64_t hashing_began, Owner owner);
    static bool settled(const DiskStat& stat, std::int64_t hashing_began, Owner owner);
    Status flush();
    Status expire(std::uint32_t oldest_hour);
    std::uint64_t count();

    void reset() override { files_.clear(); }
    void record(std::string_view payload) override;

   private:
    struct File {
        std::uint64_t device = 0;
        std::uint64_t inode = 0;
        bool operator==(const File&) const = default;
    };
    struct FileHash {
        std::size_t operator()(const File& f) const { return (f.inode * 0x9E3779B97F4A7C15ULL) ^ f.device; }
    };
    struct Known {
        std::uint64_t size = 0;
        std::int64_t mtime_ns = 0;
        std::int64_t ctime_ns = 0;
        std::uint32_t hour = 0;
        Digest digest;
    };
    StatCache() = default;
    static std::string encode(const File& file, const Known& known);

    std::mutex mutex_;
    std::unique_ptr<AppendLog> log_;
    std::unordered_map<File, Known, FileHash> files_;
};

}  // namespace cermet::store

// Disk: the few file operations the store needs beyond platform/os.h: times, links by outcome, reads and writes at offsets.
// SPDX-License-Identifier: MIT
//
// Knows no blobs and no logs. disk_posix.cpp is the only file of the room that calls the operating system itself.
// Errors are Environment; a full disk says so and tells what to do. Thread-safe; nothing here caches.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "platform/os.h"

namespace cermet::store {

struct DiskStat {
    bool exists = false;
    bool regular = false;
    bool directory = false;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    std::uint64_t links = 0;
    std::int64_t mtime_ns = 0;
    std::int64_t ctime_ns = 0;
    std::int64_t atime_ns = 0;
    std::uint32_t mode = 0;
    bool same_file(const DiskStat& o) const { return device == o.device && inode == o.inode; }
    bool unchanged(const DiskStat& o) const {
        return same_file(o) && size == o.size && mtime_ns == o.mtime_ns && ctime_ns == o.ctime_ns;
    }
};

DiskStat disk_stat(const std::string& path);  // of the name itself: links are not followed
DiskStat disk_stat_followed(const std::string& path);
DiskStat descriptor_stat(int fd);

// Environment error for an errno; a full disk or quota is named as such.
Error disk_error(std::string_view doing, const std::string& path, int errno_value);

// Impossible: other device, too many links
enum class LinkOutcome { Done, Exists, NoSource, NoParent, Impossible, Failed };
LinkOutcome try_link(const std::string& from, const std::string& to, int& errno_value);

// Appending creates; Creating fails where the file exists
enum class OpenFor { Reading, Appending, Creating };
Result<platform::Fd> open_file(const std::string& path, OpenFor purpose);
// short at the end
Result<std::string> read_at(int fd, std::uint64_t offset, std::uint64_t bytes, const std::string& path);
Status write_at(int fd, std::uint64_t offset, std::string_view bytes, const std::string& path);

Status set_modified(const std::string& path, std::int64_t mtime_ns);  // leaves the access time
// access time = now; failures do not matter
void touch_accessed(const std::string& path);
// mtime = now; failures do not matter
void touch_modified(const std::string& path);
void restore_accessed(const std::string& path, std::int64_t atime_ns);

// A new file with exactly these bytes, mode and mtime; removed again when anything fails.
Status write_new_file(const std::string& path, std::string_view bytes, std::uint32_t mode, std::int64_t mtime_ns);
// A new file with the bytes of `from`; their digest must be `expected`, else an Environment error "lost".
Status copy_new_file(const std::string& from, const std::string& to, const Digest& expected, std::uint32_t mode,
                     std::int64_t mtime_ns);

struct HashedFile {
    Digest digest;
    DiskStat stat;        // of the open file, after reading
    bool steady = false;  // the file did not change while it was read
};
Result<HashedFile> hash_file(const std::string& path);

// Names in a directory, without changing its access time; empty when absent.
std::vector<std::string> names_in(const std::string& directory);
std::uint64_t disk_size(const std::string& path);  // of the whole file system; 0 when unknown
bool process_alive(long pid);
bool can_write_directory(const std::string& path);
long process_id();
long user_id();
// private, below TMPDIR; empty on failure
std::string make_scratch_directory(std::string_view prefix);

}  // namespace cermet::store

// Leases: a running build's claim on everything it used since it began; eviction asks for the oldest living one.
// SPDX-License-Identifier: MIT
//
// A lease is a file in <cache>/leases that its process holds by flock; its mtime is when it began. What is used later is
// marked by blobs (access time) and directories (mtime), so the lease itself lists nothing. The file gets its name only
// once it is locked; one that nobody holds belongs to a dead process and is removed.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "platform/os.h"

namespace cermet::store {

class LeaseFile {
   public:
    static Result<std::unique_ptr<LeaseFile>> take(const std::string& directory);
    LeaseFile(const LeaseFile&) = delete;
    LeaseFile& operator=(const LeaseFile&) = delete;
    ~LeaseFile();
    std::int64_t began_ns() const { return began_ns_; }

   private:
    LeaseFile(std::string path, platform::FileLock lock, std::int64_t began)
        : path_(std::move(path)), lock_(std::move(lock)), began_ns_(began) {}
    std::string path_;
    platform::FileLock lock_;
    std::int64_t began_ns_;
};

// When the oldest living lease began; INT64_MAX without any. Removes what dead processes left.
std::int64_t oldest_lease_ns(const std::string& directory);

}  // namespace cermet::store

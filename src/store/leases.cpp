// Leases: see leases.h.
// SPDX-License-Identifier: MIT
#include "store/leases.h"

#include <algorithm>
#include <atomic>

#include "base/clock.h"
#include "base/text.h"
#include "store/disk.h"

namespace cermet::store {

namespace leases_detail {

constexpr std::string_view k_suffix = ".lease";
constexpr std::int64_t k_abandoned_ns = 3'600'000'000'000;

bool ends_with(std::string_view text, std::string_view end) {
    return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

}  // namespace leases_detail

Result<std::unique_ptr<LeaseFile>> LeaseFile::take(const std::string& directory) {
    static std::atomic<std::uint64_t> counter{0};
    const std::string name = cat(directory, "/", process_id(), "-", counter.fetch_add(1), "-", wall_ns());
    const std::string unnamed = name + ".new";
    TRY(lock, platform::FileLock::take(unnamed, platform::LockKind::Exclusive));
    const std::int64_t began = descriptor_stat(lock.fd()).mtime_ns;
    std::string path = cat(name, leases_detail::k_suffix);
    TRY_VOID(platform::rename_path(unnamed, path));
    return std::unique_ptr<LeaseFile>(new LeaseFile(std::move(path), std::move(lock), began));
}

LeaseFile::~LeaseFile() { (void)platform::remove_file(path_); }

std::int64_t oldest_lease_ns(const std::string& directory) {
    std::int64_t oldest = INT64_MAX;
    for (const std::string& name : names_in(directory)) {
        const std::string path = cat(directory, "/", name);
        const DiskStat stat = disk_stat(path);
        if (!stat.regular) continue;
        if (!leases_detail::ends_with(name, leases_detail::k_suffix)) {
            if (stat.mtime_ns < wall_ns() - leases_detail::k_abandoned_ns) (void)platform::remove_file(path);
            continue;
        }
        auto taken = platform::FileLock::try_take(path, platform::LockKind::Exclusive);
        if (taken.ok() && taken->has_value()) {
            (void)platform::remove_file(path);  // its process is gone
        } else {
            oldest = std::min(oldest, stat.mtime_ns);
        }
    }
    return oldest;
}

}  // namespace cermet::store

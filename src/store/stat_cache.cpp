// StatCache: see stat_cache.h.
// SPDX-License-Identifier: MIT
#include "store/stat_cache.h"

#include "base/bytes.h"
#include "base/clock.h"
#include "store/entries.h"

namespace cermet::store {

namespace stat_cache_detail {

constexpr std::int64_t k_fine_slack_ns = 20'000'000;       // two jiffies of a 100 Hz kernel
constexpr std::int64_t k_coarse_slack_ns = 2'000'000'000;  // file systems that keep whole (or even) seconds
constexpr std::int64_t k_second = 1'000'000'000;
constexpr std::uint32_t k_restamp_hours = 24 * 7;
constexpr std::uint64_t k_record_bytes = 12 + 4 + 40 + 40;

bool before(std::int64_t stamp, std::int64_t moment) {
    const std::int64_t slack = stamp % k_second == 0 ? k_coarse_slack_ns : k_fine_slack_ns;
    return stamp < moment - slack;
}

}  // namespace stat_cache_detail

Result<std::unique_ptr<StatCache>> StatCache::open(const std::string& path, Access access) {
    std::unique_ptr<StatCache> cache(new StatCache());
    TRY(log, AppendLog::open(path, "stats", 1, access, *cache));
    cache->log_ = std::move(log);
    return cache;
}

std::string StatCache::encode(const File& file, const Known& known) {
    ByteWriter out;
    out.u32(known.hour);
    out.u64(file.device);
    out.u64(file.inode);
    out.u64(known.size);
    out.u64(static_cast<std::uint64_t>(known.mtime_ns));
    out.u64(static_cast<std::uint64_t>(known.ctime_ns));
    out.digest(known.digest);
    return out.take();
}

void StatCache::record(std::string_view payload) {
    ByteReader in(payload);
    File file;
    Known known;
    known.hour = in.u32();
    file.device = in.u64();
    file.inode = in.u64();
    known.size = in.u64();
    known.mtime_ns = static_cast<std::int64_t>(in.u64());
    known.ctime_ns = static_cast<std::int64_t>(in.u64());
    known.digest = in.digest();
    if (in.ok()) files_[file] = known;
}

std::optional<Digest> StatCache::find(const DiskStat& stat, Owner owner) {
    const std::lock_guard<std::mutex> hold(mutex_);
    File file;
    file.device = stat.device;
    file.inode = stat.inode;
    const auto found = files_.find(file);
    if (found == files_.end()) return std::nullopt;
    const Known known = found->second;
    if (known.size != stat.size || known.mtime_ns != stat.mtime_ns || known.digest.size != stat.size)
        return std::nullopt;
    if (owner == Owner::User && known.ctime_ns != stat.ctime_ns) return std::nullopt;
    const std::uint32_t hour = Entries::current_hour();
    if (hour > known.hour + stat_cache_detail::k_restamp_hours) {
        Known again = known;
        again.hour = hour;
        log_->append(encode(file, again));
    }
    return known.digest;
}

bool StatCache::settled(const DiskStat& stat, std::int64_t hashing_began, Owner owner) {
    if (!stat_cache_detail::before(stat.mtime_ns, hashing_began)) return false;
    return owner == Owner::Store || stat_cache_detail::before(stat.ctime_ns, hashing_began);
}

void StatCache::remember(const DiskStat& stat, const Digest& digest, std::int64_t hashing_began, Owner owner) {
    if (!stat.regular || stat.size != digest.size || !settled(stat, hashing_began, owner)) return;
    File file;
    file.device = stat.device;
    file.inode = stat.inode;
    Known known;
    known.size = stat.size;
    known.mtime_ns = stat.mtime_ns;
    known.ctime_ns = stat.ctime_ns;
    known.hour = Entries::current_hour();
    known.digest = digest;
    const std::lock_guard<std::mutex> hold(mutex_);
    const auto found = files_.find(file);
    if (found != files_.end()) {
        const Known& old = found->second;
        if (old.digest == digest && old.mtime_ns == known.mtime_ns &&
            (owner == Owner::Store || old.ctime_ns == known.ctime_ns)) {
            return;
        }
    }
    log_->append(encode(file, known));
}

Status StatCache::flush() {
    const std::lock_guard<std::mutex> hold(mutex_);
    TRY_VOID(log_->flush());
    const std::uint64_t live = files_.size() * stat_cache_detail::k_record_bytes;
    if (log_->file_bytes() < (1U << 20) || log_->file_bytes() < 3 * live) return {};
    return log_->rewrite([this] {
        std::vector<std::string> out;
        for (const auto& [file, known] : files_) out.push_back(encode(file, known));
        return out;
    });
}

Status StatCache::expire(std::uint32_t oldest_hour) {
    const std::lock_guard<std::mutex> hold(mutex_);
    return log_->rewrite([this, oldest_hour] {
        std::vector<std::string> out;
        for (const auto& [file, known] : files_) {
            if (known.hour >= oldest_hour) out.push_back(encode(file, known));
        }
        return out;
    });
}

std::uint64_t StatCache::count() {
    const std::lock_guard<std::mutex> hold(mutex_);
    return files_.size();
}

}  // namespace cermet::store

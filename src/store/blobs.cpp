// Blobs: content-addressed files of the store, written once and linked out.
// SPDX-License-Identifier: MIT
#include "store/blobs.h"

#include "base/clock.h"
#include "base/path.h"
#include "base/text.h"

namespace cermet::store {

namespace blobs_detail {

constexpr std::int64_t k_second = 1'000'000'000;
constexpr std::int64_t k_use_granularity = 3600 * k_second;  // do not touch a blob twice within this time
constexpr std::int64_t k_year_2000 = 946'684'800;

std::uint32_t permissions(Mode mode) { return mode == Mode::Executable ? 0555 : 0444; }

std::uint32_t word(const Digest& digest, std::size_t at) {
    std::uint32_t out = 0;
    for (std::size_t i = 0; i < 4; ++i) out = (out << 8) | digest.hash[at + i];
    return out;
}

// Some file systems keep whole seconds only.
bool time_matches(std::int64_t found, std::int64_t expected) {
    return found == expected || found == expected / k_second * k_second;
}

// Other names of the file (outputs in a checkout are links to blobs) must not be believed either: nobody knows this time.
void discard(const std::string& path) {
    (void)set_modified(path, 0);
    (void)platform::remove_file(path);
}

bool is_lower_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

}  // namespace blobs_detail

std::int64_t blob_mtime(const Digest& digest) {
    using namespace blobs_detail;
    const std::int64_t seconds = k_year_2000 + (word(digest, 0) & 0x0FFF'FFFFU);
    const std::int64_t micros = word(digest, 4) % 1'000'000U;
    return seconds * k_second + micros * 1000;
}

std::optional<BlobName> parse_blob_name(std::string_view name) {
    BlobName out;
    if (name.size() == 66 && name.substr(64) == ".x") {
        out.mode = Mode::Executable;
        name = name.substr(0, 64);
    }
    if (name.size() != 64) return std::nullopt;
    for (const char c : name) {
        if (!blobs_detail::is_lower_hex(c)) return std::nullopt;
    }
    out.hex = std::string(name);
    return out;
}

Error lost_blob(const Digest& digest, std::string_view what) {
    return environment_error(cat("lost: the cache's blob ", digest.short_hex(16), " is ", what),
                             "run the build again, or `cermet cache verify` to look for more damage");
}

Blobs::Blobs(std::string directory, std::string temporary, std::string scratch)
    : directory_(std::move(directory)), temporary_(std::move(temporary)), scratch_(std::move(scratch)) {}

std::string Blobs::path_in(const std::string& root, const Digest& digest, Mode mode) const {
    const std::string hex = digest.hex();
    return cat(root, '/', std::string_view(hex).substr(0, 2), '/', hex, mode == Mode::Executable ? ".x" : "");
}

std::string Blobs::new_path(const Digest& digest, Mode mode) const {
    return path_in(scratch_.empty() ? directory_ : scratch_, digest, mode);
}

std::string Blobs::temporary_path() {
    const std::uint64_t n = counter_.fetch_add(1);
    return cat(scratch_.empty() ? temporary_ : scratch_, '/', process_id(), '-', n, "-", wall_ns() & 0xFFFF'FFFF);
}

// The access time is the blob's "last used": written at most once an hour, or once after a lease began.
void Blobs::used(const std::string& path, const DiskStat& stat) {
    const std::int64_t lease = lease_began_;
    const std::int64_t newest_allowed = lease != 0 ? lease : wall_ns() - blobs_detail::k_use_granularity;
    if (stat.atime_ns < newest_allowed) touch_accessed(path);
}

bool Blobs::usable(const std::string& path, const Digest& digest, Mode mode, Trust trust) {
    const DiskStat stat = disk_stat(path);
    if (!stat.exists) return false;
    const bool size_right = stat.regular && stat.size == digest.size;
    if (size_right && trust == Trust::Stat && blobs_detail::time_matches(stat.mtime_ns, blob_mtime(digest))) {
        used(path, stat);
        return true;
    }
    if (size_right) {
        const Result<HashedFile> hashed = hash_file(path);
        if (hashed.ok() && hashed->digest == digest) {
            if (!blobs_detail::time_matches(stat.mtime_ns, blob_mtime(digest))) {
                (void)platform::set_mode(path, blobs_detail::permissions(mode));
                (void)set_modified(path, blob_mtime(digest));
            }
            used(path, stat);
            return true;
        }
        if (!hashed.ok() && disk_stat(path).unchanged(stat)) return false;  // unreadable now; do not destroy it
    }
    blobs_detail::discard(path);
    return false;
}

std::optional<std::string> Blobs::find(const Digest& digest, Mode mode, Trust trust) {
    if (!scratch_.empty()) {
        std::string path = path_in(scratch_, digest, mode);
        if (usable(path, digest, mode, trust)) return path;
    }
    std::string path = path_in(directory_, digest, mode);
    if (usable(path, digest, mode, trust)) return path;
    return std::nullopt;
}

std::optional<Blobs::Found> Blobs::find_either(const Digest& digest, Mode preferred, Trust trust) {
    const Mode other = preferred == Mode::Plain ? Mode::Executable : Mode::Plain;
    for (const Mode mode : {preferred, other}) {
        if (std::optional<std::string> path = find(digest, mode, trust)) {
            Found found;
            found.path = std::move(*path);
            found.mode = mode;
            return found;
        }
    }
    return std::nullopt;
}

bool Blobs::has(const Digest& digest, Trust trust) { return find_either(digest, Mode::Plain, trust).has_value(); }

Status Blobs::place(const std::string& temporary, const std::string& final) {
    Status moved = platform::rename_path(temporary, final);
    if (!moved && !platform::is_directory(std::string(parent(final)))) {
        TRY_VOID(platform::make_directories(std::string(parent(final))));
        moved = platform::rename_path(temporary, final);
    }
    if (!moved) (void)platform::remove_file(temporary);
    return moved;
}

Result<Digest> Blobs::put(std::string_view bytes) {
    const Digest digest = digest_of(bytes);
    if (find(digest, Mode::Plain, Trust::Stat)) return digest;
    const std::string temporary = temporary_path();
    TRY_VOID(write_new_file(temporary, bytes, blobs_detail::permissions(Mode::Plain), blob_mtime(digest)));
    TRY_VOID(place(temporary, new_path(digest, Mode::Plain)));
    bytes_added_ += digest.size;
    return digest;
}

// Makes the finished file the blob itself by a second link; copies where that cannot be.
Status Blobs::link_in(const std::string& host_path, const Digest& digest, Mode mode, bool shared_inode) {
    const std::string blob = new_path(digest, mode);
    if (!shared_inode) {
        TRY_VOID(platform::set_mode(host_path, blobs_detail::permissions(mode)));
        TRY_VOID(set_modified(host_path, blob_mtime(digest)));
        for (int round = 0; round < 3; ++round) {
            int failed = 0;
            const LinkOutcome outcome = try_link(host_path, blob, failed);
            if (outcome == LinkOutcome::Done) {
                bytes_added_ += digest.size;
                return {};
            }
            if (outcome == LinkOutcome::NoParent) {
                TRY_VOID(platform::make_directories(std::string(parent(blob))));
                continue;
            }
            if (outcome == LinkOutcome::Exists) return replace_by_blob(host_path, blob, digest, mode);
            if (outcome == LinkOutcome::Impossible) break;
            return disk_error("cannot link into the cache", host_path, failed);
        }
    }
    const std::string temporary = temporary_path();
    TRY_VOID(copy_new_file(host_path, temporary, digest, blobs_detail::permissions(mode), blob_mtime(digest)));
    TRY_VOID(place(temporary, blob));
    bytes_added_ += digest.size;
    return shared_inode ? replace_by_blob(host_path, blob, digest, mode) : Status();
}

// The same bytes are in the store already: the file becomes a link to them, so that they lie on the disk once.
Status Blobs::replace_by_blob(const std::string& host_path, const std::string& blob, const Digest& digest, Mode mode) {
    if (disk_stat(blob).same_file(disk_stat(host_path))) return {};
    const std::string beside = cat(host_path, ".", process_id(), "-", counter_.fetch_add(1), ".new");
    int failed = 0;
    if (try_link(blob, beside, failed) == LinkOutcome::Done) {
        Status moved = platform::rename_path(beside, host_path);
        (void)platform::remove_file(beside);
        return moved;
    }
    // Another file system or too many links: it stays a file of its own, but as immutable as a blob. One that others
    // may hold too is copied first: their mode is not ours to change.
    if (disk_stat(host_path).links > 1) {
        TRY_VOID(copy_new_file(host_path, beside, digest, blobs_detail::permissions(mode), blob_mtime(digest)));
        return platform::rename_path(beside, host_path);
    }
    TRY_VOID(platform::set_mode(host_path, blobs_detail::permissions(mode)));
    return set_modified(host_path, blob_mtime(digest));
}

Result<Digest> Blobs::put_file(const std::string& host_path, Mode mode, DiskStat& stored) {
    TRY(hashed, hash_file(host_path));
    if (!hashed.steady) {
        return environment_error(cat(host_path, " changed while it was being stored"),
                                 "is another program writing to the build's output directory?");
    }
    if (const std::optional<std::string> blob = find(hashed.digest, mode, Trust::Stat)) {
        TRY_VOID(replace_by_blob(host_path, *blob, hashed.digest, mode));
    } else {
        TRY_VOID(link_in(host_path, hashed.digest, mode, hashed.stat.links > 1));
    }
    stored = disk_stat(host_path);
    return hashed.digest;
}

Result<std::string> Blobs::get(const Digest& digest) {
    for (int round = 0; round < 2; ++round) {
        const std::optional<Found> found = find_either(digest, Mode::Plain, Trust::Stat);
        if (!found) break;
        std::optional<std::string> bytes = platform::find_file_bytes(found->path);
        if (bytes && digest_of(*bytes) == digest) return std::move(*bytes);
        if (bytes) blobs_detail::discard(found->path);
    }
    return lost_blob(digest, "gone or damaged");
}

// The executable twin is a file of its own: a link cannot have another mode.
Status Blobs::twin(const Digest& digest, const Found& other, Mode mode) {
    const std::string temporary = temporary_path();
    Status copied = copy_new_file(other.path, temporary, digest, blobs_detail::permissions(mode), blob_mtime(digest));
    if (!copied) {
        (void)usable(other.path, digest, other.mode,
                     Trust::Verify);  // removes it when its bytes are wrong
        return copied;
    }
    bytes_added_ += digest.size;
    return place(temporary, new_path(digest, mode));
}

Status Blobs::materialise(const Digest& digest, Mode mode, const std::string& host_path, Trust trust) {
    for (int round = 0; round < 4; ++round) {
        std::optional<Found> found = find_either(digest, mode, trust);
        if (!found) return lost_blob(digest, "gone or damaged");
        if (found->mode != mode) {
            TRY_VOID(twin(digest, *found, mode));
            found->path = new_path(digest, mode);
        }
        int failed = 0;
        switch (try_link(found->path, host_path, failed)) {
            case LinkOutcome::Done: return {};
            case LinkOutcome::NoSource: continue;  // evicted or replaced between the two calls
            case LinkOutcome::NoParent: TRY_VOID(platform::make_directories(std::string(parent(host_path)))); continue;
            case LinkOutcome::Exists: return disk_error("cannot place a cached file at", host_path, failed);
            case LinkOutcome::Failed: return disk_error("cannot place a cached file at", host_path, failed);
            case LinkOutcome::Impossible: break;
        }
        const std::string beside = cat(host_path, ".", process_id(), "-", counter_.fetch_add(1), ".new");
        Status copied = copy_new_file(found->path, beside, digest, blobs_detail::permissions(mode), blob_mtime(digest));
        if (!copied) (void)usable(found->path, digest, mode,
                                  Trust::Verify);  // removes it when its bytes are wrong
        TRY_VOID(std::move(copied));
        return platform::rename_path(beside, host_path);
    }
    return lost_blob(digest, "gone");
}

Status Blobs::forget(const Digest& digest) {
    for (const Mode mode : {Mode::Plain, Mode::Executable}) {
        TRY_VOID(platform::remove_file(path_in(directory_, digest, mode)));
        if (!scratch_.empty()) TRY_VOID(platform::remove_file(path_in(scratch_, digest, mode)));
    }
    return {};
}

}  // namespace cermet::store

// Gc: evicts what was least recently used, sparing what a lease protects.
// SPDX-License-Identifier: MIT
#include "store/gc.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "base/clock.h"
#include "base/path.h"
#include "base/text.h"
#include "store/blobs.h"
#include "store/disk.h"
#include "store/leases.h"
#include "store/locks.h"

namespace cermet::store {

namespace gc_detail {

constexpr std::int64_t k_second = 1'000'000'000;
constexpr std::int64_t k_slack = 2 * k_second;
constexpr std::int64_t k_directory_life = std::int64_t{30} * 24 * 3600 * k_second;
constexpr std::int64_t k_temporary_life = std::int64_t{24} * 3600 * k_second;

enum class UnitKind { Blob, Directory, Root };

struct Unit {
    UnitKind kind = UnitKind::Blob;
    std::string path;
    std::int64_t last_use = 0;
    std::vector<std::uint32_t> files;  // indexes into Ledger::files, one per link
};

// Every inode once, with the links that are still to be removed before its bytes are free. A file that is linked from
// outside too (from a snapshot of the cache, say) is not counted: evicting it would free nothing.
struct Ledger {
    struct File {
        std::uint64_t size = 0;
        std::uint64_t links = 0;
        std::uint64_t found = 0;  // of the links, those in the cache
    };
    struct Name {
        std::uint64_t device = 0;
        std::uint64_t inode = 0;
        bool operator==(const Name&) const = default;
    };
    struct NameHash {
        std::size_t operator()(const Name& n) const { return (n.inode * 0x9E3779B97F4A7C15ULL) ^ n.device; }
    };
    std::vector<File> files;
    std::unordered_map<Name, std::uint32_t, NameHash> index;
    std::uint64_t total = 0;

    std::uint32_t add(const DiskStat& stat, bool& first) {
        Name name;
        name.device = stat.device;
        name.inode = stat.inode;
        const auto [at, fresh] = index.try_emplace(name, static_cast<std::uint32_t>(files.size()));
        first = fresh;
        if (fresh) {
            File file;
            file.size = stat.size;
            file.links = stat.links;
            files.push_back(file);
        }
        if (++files[at->second].found == files[at->second].links) total += stat.size;
        return at->second;
    }
    void release(const Unit& unit) {
        for (const std::uint32_t i : unit.files) {
            File& file = files[i];
            if (file.links > 0 && --file.links == 0) total -= file.size;
        }
    }
};

struct Survey {
    Ledger ledger;
    std::vector<Unit> units;
    CacheStatistics statistics;
};

// Adds every file below `directory`; the answer is the bytes not seen before (not shared with blobs).
std::uint64_t add_tree(const std::string& directory, Unit& unit, Ledger& ledger) {
    std::uint64_t own = 0;
    std::vector<std::string> open = {directory};
    while (!open.empty()) {
        const std::string current = std::move(open.back());
        open.pop_back();
        for (const std::string& name : names_in(current)) {
            const std::string path = cat(current, "/", name);
            const DiskStat stat = disk_stat(path);
            if (!stat.exists) continue;
            if (stat.directory) {
                open.push_back(path);
                continue;
            }
            bool first = false;
            unit.files.push_back(ledger.add(stat, first));
            if (first) own += stat.size;
        }
    }
    return own;
}

void survey_blobs(const CacheLayout& layout, Survey& out) {
    for (const std::string& shard : names_in(layout.blobs())) {
        const std::string directory = cat(layout.blobs(), "/", shard);
        for (const std::string& name : names_in(directory)) {
            const std::string path = cat(directory, "/", name);
            const DiskStat stat = disk_stat(path);
            if (!stat.regular) continue;
            Unit unit;
            unit.path = path;
            unit.last_use = stat.atime_ns;
            bool first = false;
            unit.files.push_back(out.ledger.add(stat, first));
            out.units.push_back(std::move(unit));
            ++out.statistics.blobs;
            out.statistics.blob_bytes += stat.size;
        }
    }
}

std::int64_t directory_last_use(const std::string& path) {
    return std::max(disk_stat(path).mtime_ns, disk_stat(path + ".ok").mtime_ns);
}

// Each directory in `parent_directory` is one unit; the answer is how many there are.
std::uint64_t survey_directories(const std::string& parent_directory, UnitKind kind, Survey& out, std::uint64_t& own) {
    std::uint64_t count = 0;
    for (const std::string& name : names_in(parent_directory)) {
        const std::string path = cat(parent_directory, "/", name);
        if (!disk_stat(path).directory) continue;
        Unit unit;
        unit.kind = kind;
        unit.path = path;
        unit.last_use = directory_last_use(path);
        own += add_tree(path, unit, out.ledger);
        out.units.push_back(std::move(unit));
        ++count;
    }
    return count;
}

Survey take_survey(const CacheLayout& layout) {
    Survey out;
    survey_blobs(layout, out);
    std::uint64_t others = 0;
    out.statistics.packages = survey_directories(layout.packages(), UnitKind::Directory, out, others);
    out.statistics.shared = survey_directories(layout.shared(), UnitKind::Directory, out, others);
    out.statistics.shared += survey_directories(layout.shared_plain(), UnitKind::Directory, out, others);
    (void)survey_directories(layout.tools(), UnitKind::Directory, out, others);
    (void)survey_directories(layout.clones(), UnitKind::Directory, out, others);
    out.statistics.roots = survey_directories(layout.roots(), UnitKind::Root, out, out.statistics.root_bytes);
    return out;
}

// Vanishes by one rename, so that nobody sees half a directory, and is then deleted at leisure.
Status remove_directory(const CacheLayout& layout, const std::string& path) {
    static std::atomic<std::uint64_t> counter{0};
    const std::string trash =
        cat(layout.temporary(), "/", process_id(), "-trash-", counter.fetch_add(1), "-", wall_ns());
    (void)platform::remove_file(path + ".ok");
    (void)platform::set_mode(path, 0755);  // a read-only directory cannot be given another parent
    TRY_VOID(platform::rename_path(path, trash));
    return platform::remove_tree(trash);
}

// False: spared. `bound` is the last use from which on a unit belongs to a living build.
Result<bool> evict_unit(const CacheLayout& layout, const Unit& unit, std::int64_t bound) {
    if (unit.kind == UnitKind::Blob) {
        const DiskStat now = disk_stat(unit.path);
        if (!now.exists || now.atime_ns != unit.last_use) return false;  // used since we looked
        TRY_VOID(platform::remove_file(unit.path));
        return true;
    }
    if (directory_last_use(unit.path) >= bound) return false;
    if (unit.kind == UnitKind::Directory) {
        TRY_VOID(remove_directory(layout, unit.path));
        return true;
    }
    auto lock = try_lock_named(unit.path + "/lock");
    if (!lock) return std::move(lock).error();
    if (!lock->has_value()) return false;
    TRY_VOID(remove_directory(layout, unit.path));
    return true;
}

void remove_old_temporaries(const CacheLayout& layout) {
    for (const std::string& name : names_in(layout.temporary())) {
        const std::string path = cat(layout.temporary(), "/", name);
        long pid = 0;
        std::from_chars(name.data(), name.data() + name.size(), pid);
        // By ctime: finished blobs carry mtimes of the past. The pid may be of another container that shares the cache.
        const std::int64_t age = wall_ns() - disk_stat(path).ctime_ns;
        if (age < (process_alive(pid) ? k_directory_life : k_temporary_life / 24)) continue;
        (void)platform::remove_tree(path);
    }
}

std::uint64_t to_number(std::string_view text) {
    std::uint64_t out = 0;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

}  // namespace gc_detail

std::uint64_t default_size_cap(const std::string& directory) {
    constexpr std::uint64_t k_cap = 20'000'000'000;
    const std::uint64_t tenth = disk_size(directory) / 10;
    return tenth == 0 ? k_cap : std::min(k_cap, tenth);
}

CacheStatistics survey(const CacheLayout& layout) {
    CacheStatistics out = gc_detail::take_survey(layout).statistics;
    out.size_cap = default_size_cap(layout.directory);
    return out;
}

Result<Collected> evict(const CacheLayout& layout, std::uint64_t size_cap) {
    using namespace gc_detail;
    Collected out;
    TRY(lock, platform::FileLock::try_take(layout.directory + "/gc.lock", platform::LockKind::Exclusive));
    if (!lock.has_value()) return out;
    out.ran = true;
    const std::int64_t oldest = oldest_lease_ns(layout.leases());
    const std::int64_t bound = oldest == INT64_MAX ? oldest : oldest - k_slack;
    remove_old_temporaries(layout);
    Survey found = take_survey(layout);
    std::sort(found.units.begin(), found.units.end(), [](const Unit& a, const Unit& b) {
        return a.last_use != b.last_use ? a.last_use < b.last_use : a.path < b.path;
    });
    const std::int64_t too_old = wall_ns() - k_directory_life;
    std::optional<Error> first_error;
    for (const Unit& unit : found.units) {
        const bool expired = unit.kind != UnitKind::Blob && unit.last_use < too_old;
        if (!expired && found.ledger.total <= size_cap) continue;
        if (unit.last_use >= bound) break;  // this and all that follow belong to living builds
        Result<bool> gone = evict_unit(layout, unit, bound);
        if (!gone) {
            if (!first_error) first_error = std::move(gone).error();
            continue;
        }
        if (!*gone) continue;
        ++out.evicted;
        found.ledger.release(unit);
    }
    out.bytes_left = found.ledger.total;
    (void)write_growth(layout.size_file(), out.bytes_left, wall_ns());
    if (first_error) return std::move(*first_error).note("while evicting old results from the cache");
    return out;
}

Result<VerifyReport> verify_blobs(const std::string& directory) {
    std::vector<std::string> paths;
    for (const std::string& shard : names_in(directory)) {
        for (const std::string& name : names_in(cat(directory, "/", shard)))
            paths.push_back(cat(directory, "/", shard, "/", name));
    }
    VerifyReport report;
    std::mutex mutex;
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        while (true) {
            const std::size_t i = next.fetch_add(1);
            if (i >= paths.size()) return;
            const std::string& path = paths[i];
            const std::string_view name = file_name(path);
            const std::optional<BlobName> blob = parse_blob_name(name);
            const DiskStat before = disk_stat(path);
            if (!before.exists) continue;  // evicted meanwhile
            const Result<HashedFile> hashed = hash_file(path);
            const bool good = blob && hashed.ok() && hashed->digest.hex() == blob->hex;
            if (good) restore_accessed(path, before.atime_ns);  // being verified is not being used
            if (!good) (void)platform::remove_tree(path);
            const std::lock_guard<std::mutex> hold(mutex);
            ++report.checked;
            if (!good) report.bad.push_back(blob ? blob->hex : std::string(name));
        }
    };
    std::vector<std::thread> threads;
    for (int i = 1; i < platform::cpu_count(); ++i) threads.emplace_back(work);
    work();
    for (std::thread& thread : threads) thread.join();
    std::sort(report.bad.begin(), report.bad.end());
    return report;
}

Growth read_growth(const std::string& path) {
    Growth out;
    const std::optional<std::string> text = platform::find_file_bytes(path);
    if (!text) return out;
    for (const std::string& line : split_lines(*text)) {
        const std::string_view view = line;
        if (!view.empty() && view[0] == '+') out.bytes += gc_detail::to_number(view.substr(1));
        if (view.empty() || view[0] != '=') continue;
        const std::size_t space = view.find(' ');
        if (space == std::string_view::npos) continue;
        out.bytes += gc_detail::to_number(view.substr(1, space - 1));
        out.collected_ns = static_cast<std::int64_t>(gc_detail::to_number(view.substr(space + 1)));
    }
    return out;
}

Status add_growth(const std::string& path, std::uint64_t bytes) {
    return platform::append_file(path, cat("+", bytes, "\n"));
}

Status write_growth(const std::string& path, std::uint64_t bytes, std::int64_t now_ns) {
    return platform::write_file_atomic(path, cat("=", bytes, " ", now_ns, "\n"));
}

}  // namespace cermet::store

// Store: the facade: opens the cache directory, and passes each call to blobs, entries, stat cache, leases or gc.
// SPDX-License-Identifier: MIT
#include "store/store.h"

#include <algorithm>
#include <atomic>
#include <mutex>

#include "base/clock.h"
#include "base/path.h"
#include "base/text.h"
#include "store/blobs.h"
#include "store/disk.h"
#include "store/entries.h"
#include "store/gc.h"
#include "store/leases.h"
#include "store/stat_cache.h"

namespace cermet::store {

namespace store_detail {

constexpr std::string_view k_format = "1\n";
constexpr std::string_view k_cachedir_tag =
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This directory holds Cermet's build cache. It can be removed at any time.\n"
    "# See https://bford.info/cachedir/\n";
constexpr std::int64_t k_day_ns = 24LL * 3600 * 1'000'000'000;

bool starts_with(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

// False: the directory can be read at most.
Result<bool> prepare(const CacheLayout& layout) {
    const std::optional<std::string> format = platform::find_file_bytes(layout.directory + "/format");
    if (format && *format != k_format) {
        return environment_error(cat("the cache ", layout.directory,
                                     " was written by another version of Cermet (format ", trim(*format), ")"),
                                 "set CERMET_CACHE to another directory, or remove this one");
    }
    if (!platform::make_directories(layout.directory) || !can_write_directory(layout.directory)) return false;
    for (const std::string& part : {layout.blobs(), layout.temporary(), layout.leases(), layout.roots(),
                                    layout.packages(), layout.shared(), layout.tools(), layout.directory + "/locks"}) {
        TRY_VOID(platform::make_directories(part));
    }
    if (!format) {
        TRY_VOID(platform::write_file_atomic(layout.directory + "/CACHEDIR.TAG", k_cachedir_tag));
        TRY_VOID(platform::write_file_atomic(layout.directory + "/format", k_format));
    }
    return true;
}

}  // namespace store_detail

struct Store::State {
    CacheLayout layout;
    bool read_only = false;
    std::string scratch;  // private, removed at the end; only when read-only
    std::unique_ptr<Blobs> blobs;
    std::unique_ptr<Entries> entries;
    std::unique_ptr<StatCache> stats;
    std::mutex mutex;  // guards what follows
    std::vector<std::pair<std::string, std::string>> aliases;
    std::atomic<bool> has_aliases{false};
    std::uint64_t growth_written = 0;

    // The real name of a path below an alias: links cannot cross the bind mounts behind which it stands.
    std::string real(const std::string& path) {
        if (!has_aliases) return path;
        const std::lock_guard<std::mutex> hold(mutex);
        for (const auto& [prefix, directory] : aliases) {
            if (is_within(path, prefix)) return directory + path.substr(prefix.size());
        }
        return path;
    }
    Owner owner(const std::string& path) const {
        return store_detail::starts_with(path, layout.directory + "/") ? Owner::Store : Owner::User;
    }
};

namespace store_detail {

class HeldLease final : public Store::Lease {
   public:
    explicit HeldLease(std::unique_ptr<LeaseFile> file) : file_(std::move(file)) {}

   private:
    std::unique_ptr<LeaseFile> file_;
};

}  // namespace store_detail

Store::Store() : state_(std::make_unique<State>()) {}

Store::~Store() {
    (void)flush();
    if (!state_->scratch.empty()) (void)platform::remove_tree(state_->scratch);
}

Result<std::unique_ptr<Store>> Store::open(const std::string& directory) {
    std::unique_ptr<Store> store(new Store());
    State& state = *store->state_;
    state.layout.directory = join_path(platform::current_directory(), directory);
    TRY(writable, store_detail::prepare(state.layout));
    state.read_only = !writable;
    // Links and prefixes need the one real name of the directory.
    if (auto real = platform::real_path(state.layout.directory)) state.layout.directory = std::move(*real);
    if (state.read_only) {
        state.scratch = make_scratch_directory("cermet-scratch");
        if (state.scratch.empty()) {
            return environment_error(
                cat("the cache ", state.layout.directory, " cannot be written, and no temporary directory either"),
                "set CERMET_CACHE or TMPDIR to a directory that can be written");
        }
    }
    const Access access = state.read_only ? Access::ReadOnly : Access::ReadWrite;
    TRY(entries, Entries::open(state.layout.entries_log(), access));
    state.entries = std::move(entries);
    TRY(stats, StatCache::open(state.layout.stats_log(), access));
    state.stats = std::move(stats);
    state.blobs = std::make_unique<Blobs>(state.layout.blobs(), state.layout.temporary(), state.scratch);
    return store;
}

std::string Store::default_directory() {
    if (const auto chosen = platform::environment("CERMET_CACHE"); chosen && !chosen->empty()) {
        return join_path(platform::current_directory(), *chosen);
    }
    if (const auto xdg = platform::environment("XDG_CACHE_HOME"); xdg && is_absolute(*xdg))
        return join_path(*xdg, "cermet");
    if (const auto home = platform::environment("HOME"); home && is_absolute(*home) && *home != "/") {
        return join_path(*home, ".cache/cermet");
    }
    return cat("/tmp/cermet-", user_id());
}

bool Store::read_only() const { return state_->read_only; }
const std::string& Store::directory() const { return state_->layout.directory; }

std::string Store::packages_directory() const {
    return state_->read_only ? state_->scratch + "/pkg" : state_->layout.packages();
}
std::string Store::plain_shared_directory() const {
    return state_->read_only ? state_->scratch + "/shared-plain" : state_->layout.shared_plain();
}

std::string Store::shared_directory() const {
    return state_->read_only ? state_->scratch + "/shared" : state_->layout.shared();
}
std::string Store::tools_directory() const {
    return state_->read_only ? state_->scratch + "/tool" : state_->layout.tools();
}
std::string Store::temporary_directory() const {
    return state_->read_only ? state_->scratch : state_->layout.temporary();
}

std::string Store::root_directory(const std::string& checkout_host_path) const {
    const std::string roots = state_->read_only ? state_->scratch + "/roots" : state_->layout.roots();
    auto real = platform::real_path(checkout_host_path);
    return cat(roots, "/", digest_of(real ? *real : normalise(checkout_host_path)).short_hex(8));
}

void Store::alias(std::string prefix, std::string real_directory) {
    const std::lock_guard<std::mutex> hold(state_->mutex);
    auto& aliases = state_->aliases;
    const auto same =
        std::find_if(aliases.begin(), aliases.end(), [&prefix](const auto& a) { return a.first == prefix; });
    if (same != aliases.end()) aliases.erase(same);
    aliases.emplace_back(std::move(prefix), std::move(real_directory));
    std::sort(aliases.begin(), aliases.end(),
              [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });  // the longest wins
    state_->has_aliases = true;
}

void Store::touch_directory(const std::string& host_directory) {
    const std::string path = state_->real(host_directory);
    if (disk_stat(path).mtime_ns < wall_ns() - 1'000'000'000) touch_modified(path);
}

Result<Digest> Store::put(std::string_view bytes) { return state_->blobs->put(bytes); }

Result<Digest> Store::put_file(const std::string& host_path, Mode mode) {
    const std::string path = state_->real(host_path);
    DiskStat stored;
    TRY(digest, state_->blobs->put_file(path, mode, stored));
    state_->stats->remember(stored, digest, wall_ns(), state_->owner(path));
    return digest;
}

bool Store::has(const Digest& digest, Trust trust) { return state_->blobs->has(digest, trust); }
Result<std::string> Store::get(const Digest& digest) { return state_->blobs->get(digest); }

Status Store::materialise(const Digest& digest, Mode mode, const std::string& host_path, Trust trust) {
    return state_->blobs->materialise(digest, mode, state_->real(host_path), trust);
}

Status Store::forget_blob(const Digest& digest) { return state_->blobs->forget(digest); }

std::optional<std::string> Store::find_entry(std::string_view space, const Digest& key) {
    return state_->entries->find(space, key);
}

Status Store::put_entry(std::string_view space, const Digest& key, std::string_view bytes) {
    state_->entries->put(space, key, bytes);
    return {};
}

std::vector<std::string> Store::find_candidates(std::string_view space, const Digest& key) {
    return state_->entries->candidates(space, key, k_max_candidates);
}

Status Store::add_candidate(std::string_view space, const Digest& key, std::string_view bytes) {
    state_->entries->add(space, key, bytes);
    return {};
}

Result<Digest> Store::file_digest(const std::string& host_path) {
    const std::string path = state_->real(host_path);
    const Owner owner = state_->owner(path);
    const DiskStat stat = disk_stat_followed(path);
    if (!stat.exists) return environment_error(cat("cannot read ", host_path, ": no such file"));
    if (!stat.regular) return environment_error(cat("cannot read ", host_path, ": not a regular file"));
    if (const std::optional<Digest> known = state_->stats->find(stat, owner)) return *known;
    for (int round = 0; round < 3; ++round) {
        const std::int64_t began = wall_ns();
        TRY(hashed, hash_file(path));
        if (!hashed.steady && round < 2) continue;
        if (hashed.steady) state_->stats->remember(hashed.stat, hashed.digest, began, owner);
        return hashed.digest;
    }
    return bug("file_digest: unreachable");
}

Status Store::flush() {
    if (state_->read_only) return {};
    Status entries = state_->entries ? state_->entries->flush() : Status();
    Status stats = state_->stats ? state_->stats->flush() : Status();
    if (state_->blobs) {
        const std::lock_guard<std::mutex> hold(state_->mutex);
        const std::uint64_t added = state_->blobs->bytes_added();
        if (added > state_->growth_written && add_growth(state_->layout.size_file(), added - state_->growth_written)) {
            state_->growth_written = added;
        }
    }
    return entries ? std::move(stats) : std::move(entries);
}

std::unique_ptr<Store::Lease> Store::lease() {
    std::unique_ptr<LeaseFile> file;
    if (!state_->read_only) {
        if (auto taken = LeaseFile::take(state_->layout.leases())) file = std::move(*taken);
    }
    // Without a lease (disk full) uses are still marked; only eviction by a concurrent process could bite, and a
    // lost blob is made again.
    state_->blobs->lease_began(file ? file->began_ns() : wall_ns());
    return std::make_unique<store_detail::HeldLease>(std::move(file));
}

Status Store::collect(std::uint64_t size_cap) {
    if (state_->read_only) return {};
    TRY_VOID(flush());
    TRY(done, evict(state_->layout, size_cap));
    if (!done.ran) return {};
    const std::uint32_t hour = Entries::current_hour();
    TRY_VOID(state_->entries->expire(hour - 24 * 60, std::max<std::uint64_t>(size_cap / 10, 1 << 20)));
    return state_->stats->expire(hour - 24 * 30);
}

Status Store::collect_if_needed() {
    if (state_->read_only) return {};
    const Growth growth = read_growth(state_->layout.size_file());
    const std::uint64_t cap = default_size_cap(state_->layout.directory);
    const std::int64_t age = wall_ns() - growth.collected_ns;
    const bool far_above = growth.bytes > cap + cap / 4;
    if (growth.collected_ns == 0) {  // a new cache: the day begins now
        if (!far_above) return write_growth(state_->layout.size_file(), growth.bytes, wall_ns());
        return collect(cap);
    }
    // Far above the cap, but everything in use: try again only after ten minutes.
    if (age >= store_detail::k_day_ns || (far_above && age >= store_detail::k_day_ns / 144)) return collect(cap);
    return {};
}

CacheStatistics Store::statistics() {
    CacheStatistics out = survey(state_->layout);
    out.entries = state_->entries->count();
    return out;
}

Result<VerifyReport> Store::verify() { return verify_blobs(state_->layout.blobs()); }

}  // namespace cermet::store

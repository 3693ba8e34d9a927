// Place: makes an immutable package directory appear whole, under a lock.
// SPDX-License-Identifier: MIT
#include "fetch/place.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <set>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/log_record.h"
#include "base/path.h"
#include "base/text.h"
#include "platform/os.h"
#include "store/blobs.h"
#include "store/disk.h"
#include "store/locks.h"

namespace cermet::fetch {

namespace place_detail {

std::string path_of(store::Store& store, const std::string& name) { return cat(store.packages_directory(), "/", name); }

std::string temporary_path(store::Store& store) {
    static std::atomic<std::uint64_t> counter{0};
    return cat(store.temporary_directory(), "/", store::process_id(), "-pkg-", counter.fetch_add(1), "-",
               wall_ns() & 0xFFFF'FFFF);
}

// Every directory of the tree with the names in it; "" is the root.
std::map<std::string, std::set<std::string>> listings(const Tree& tree) {
    std::map<std::string, std::set<std::string>> out;
    out[""];
    for (const TreeFile& file : tree.files) {
        std::string path = file.path;
        while (true) {
            const std::size_t slash = path.rfind('/');
            const std::string directory = slash == std::string::npos ? std::string() : path.substr(0, slash);
            const bool fresh = out[directory].insert(path.substr(slash == std::string::npos ? 0 : slash + 1)).second;
            if (!fresh || slash == std::string::npos) break;
            path = directory;
        }
    }
    return out;
}

bool time_matches(std::int64_t found, const Digest& digest) {
    constexpr std::int64_t k_second = 1'000'000'000;
    const std::int64_t expected = store::blob_mtime(digest);
    return found == expected || found == expected / k_second * k_second;
}

Status seal(const std::string& directory, const Tree& tree) {
    for (const TreeFile& file : tree.files) {
        if (!file.link.empty()) continue;
        const std::string path = cat(directory, "/", file.path);
        TRY_VOID(platform::set_mode(path, file.executable ? 0555 : 0444));
        TRY_VOID(store::set_modified(path, store::blob_mtime(file.digest)));
    }
    for (const auto& [relative, names] : listings(tree)) {
        // The root is sealed after its rename: a read-only directory cannot be given another parent.
        if (!relative.empty()) TRY_VOID(platform::set_mode(cat(directory, "/", relative), 0555));
    }
    return {};
}

Result<PlaceMark> make_now(store::Store& store, const std::string& name, const std::string& source,
                           PlaceFiller& filler) {
    const std::string temporary = temporary_path(store);
    TRY_VOID(platform::make_directories(temporary));
    const auto give_up = [&temporary](Error error) {
        (void)platform::remove_tree(temporary);
        return error;
    };
    Result<Tree> filled = filler.fill(temporary);
    if (!filled) return give_up(std::move(filled).error());
    PlaceMark mark;
    mark.source = source;
    mark.tree = std::move(*filled);
    mark.digest = mark.tree.digest();
    Status sealed = seal(temporary, mark.tree);
    if (!sealed) return give_up(std::move(sealed).error());
    const std::string path = path_of(store, name);
    TRY_VOID(platform::make_directories(store.packages_directory()));
    Status moved = platform::rename_path(temporary, path);
    if (!moved) return give_up(std::move(moved).error());
    (void)platform::set_mode(path, 0555);
    TRY_VOID(platform::write_file_atomic(path + ".ok", encode_mark(mark)));
    return mark;
}

}  // namespace place_detail

std::string encode_mark(const PlaceMark& mark) {
    ByteWriter out;
    out.string(mark.source);
    out.digest(mark.digest);
    out.varint(mark.tree.files.size());
    for (const TreeFile& file : mark.tree.files) {
        out.string(file.path);
        out.u8(file.executable ? 1 : 0);
        out.string(file.link);
        out.digest(file.digest);
    }
    return log_header("place", 1) + log_record(out.bytes());
}

std::optional<PlaceMark> decode_mark(std::string_view bytes) {
    LogReader reader(bytes, "place", 1);
    std::string_view payload;
    if (!reader.next(payload) || reader.good_bytes() != bytes.size()) return std::nullopt;
    ByteReader in(payload);
    PlaceMark mark;
    mark.source = in.string();
    mark.digest = in.digest();
    const std::uint64_t count = in.varint();
    if (count > payload.size()) return std::nullopt;
    for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
        TreeFile file;
        file.path = in.string();
        file.executable = in.u8() != 0;
        file.link = in.string();
        file.digest = in.digest();
        mark.tree.files.push_back(std::move(file));
    }
    if (!in.ok() || !in.at_end()) return std::nullopt;
    return mark;
}

bool place_is_whole(const std::string& directory, const Tree& tree) {
    for (const TreeFile& file : tree.files) {
        const store::DiskStat stat = store::disk_stat(cat(directory, "/", file.path));
        if (!stat.exists) return false;
        if (!file.link.empty()) {
            const auto target = platform::read_link(cat(directory, "/", file.path));
            if (!target.ok() || *target != file.link) return false;
            continue;
        }
        if (!stat.regular || stat.size != file.digest.size || !place_detail::time_matches(stat.mtime_ns, file.digest))
            return false;
        if (((stat.mode & 0100) != 0) != file.executable) return false;
    }
    for (const auto& [relative, names] : place_detail::listings(tree)) {
        const std::vector<std::string> found =
            store::names_in(relative.empty() ? directory : cat(directory, "/", relative));
        if (found.size() != names.size() || !std::equal(found.begin(), found.end(), names.begin())) return false;
    }
    return true;
}

bool place_is_right(store::Store& store, const std::string& directory, const PlaceMark& mark) {
    if (!place_is_whole(directory, mark.tree)) return false;
    (void)store;
    for (const TreeFile& file : mark.tree.files) {
        if (!file.link.empty()) continue;
        const auto hashed = store::hash_file(cat(directory, "/", file.path));
        if (!hashed.ok() || hashed->digest != file.digest) return false;
    }
    return true;
}

std::optional<PlaceMark> find_place(store::Store& store, const std::string& name, const std::string& source) {
    const std::string path = place_detail::path_of(store, name);
    const std::optional<std::string> bytes = platform::find_file_bytes(path + ".ok");
    if (!bytes) return std::nullopt;
    std::optional<PlaceMark> mark = decode_mark(*bytes);
    if (!mark || mark->source != source || !place_is_whole(path, mark->tree)) return std::nullopt;
    store.touch_directory(path + ".ok");  // the mark's time is the last use; the directory itself stays as it is
    return mark;
}

void discard_place(store::Store& store, const std::string& name) {
    const std::string path = place_detail::path_of(store, name);
    (void)platform::remove_file(path + ".ok");
    if (!store::disk_stat(path).exists) return;
    const std::string trash = place_detail::temporary_path(store);
    (void)platform::set_mode(path, 0755);
    if (platform::rename_path(path, trash)) {
        (void)platform::remove_tree(trash);
    } else {
        (void)platform::remove_tree(path);
    }
}

Result<PlaceMark> make_place(store::Store& store, const std::string& name, const std::string& source,
                             PlaceFiller& filler) {
    if (std::optional<PlaceMark> found = find_place(store, name, source)) return std::move(*found);
    TRY(lock, store::KeyLock::take(store.directory(), digest_of(cat("place ", name))));
    (void)lock;
    if (std::optional<PlaceMark> found = find_place(store, name, source)) return std::move(*found);
    discard_place(store, name);
    return place_detail::make_now(store, name, source, filler);
}

}  // namespace cermet::fetch

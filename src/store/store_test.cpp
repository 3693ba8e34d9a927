// Tests of the store: blobs and their damage, file digests, locks, leases beside eviction, read-only caches.
// SPDX-License-Identifier: MIT
#include "store/store.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "base/clock.h"
#include "base/text.h"
#include "store/blobs.h"
#include "store/disk.h"
#include "store/gc.h"
#include "store/locks.h"
#include "store/test_support.h"

namespace cermet::store {

using testing::bytes_of;
using testing::damage;
using testing::TemporaryDirectory;

namespace store_test {

std::unique_ptr<Store> open_store(const std::string& path) {
    auto opened = Store::open(path);
    REQUIRE(opened.ok());
    return std::move(*opened);
}

std::string blob_path(const Store& store, const Digest& digest, const char* suffix = "") {
    return cat(store.directory(), "/blobs/", digest.short_hex(2), "/", digest.hex(), suffix);
}

Digest put(Store& store, std::string_view bytes) {
    auto digest = store.put(bytes);
    REQUIRE(digest.ok());
    return *digest;
}

// As if last used so many days ago.
void age_blob(const std::string& path, int days) { restore_accessed(path, wall_ns() - days * 86'400'000'000'000LL); }
void age_directory(const std::string& path, int days) {
    REQUIRE(set_modified(path, wall_ns() - days * 86'400'000'000'000LL).ok());
}

int wait_for(pid_t child) {
    int status = 0;
    if (::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
    return WEXITSTATUS(status);
}

}  // namespace store_test

using namespace store_test;

TEST_CASE("store: bytes in, bytes out, read-only files, nothing temporary left") {
    TemporaryDirectory dir;
    auto store = open_store(dir / "cache");
    CHECK_FALSE(store->read_only());
    const Digest digest = put(*store, "hello");
    CHECK(digest == digest_of("hello"));
    CHECK(store->has(digest));
    CHECK(store->has(digest, Trust::Verify));
    CHECK(*store->get(digest) == "hello");
    CHECK(put(*store, "hello") == digest);
    CHECK((disk_stat(blob_path(*store, digest)).mode & 0222) == 0);
    CHECK(store->has(put(*store, "")));
    CHECK_FALSE(store->has(digest_of("absent")));
    CHECK(contains(store->get(digest_of("absent")).error().message, "lost"));
    CHECK(names_in(dir / "cache/tmp").empty());
    CHECK(platform::is_file(dir / "cache/CACHEDIR.TAG"));
}

TEST_CASE("store: a finished file becomes the blob by a link; an equal second one shares its space") {
    TemporaryDirectory dir;
    auto store = open_store(dir / "cache");
    REQUIRE(platform::write_file(dir / "a.o", "object").ok());
    REQUIRE(platform::write_file(dir / "b.o", "object").ok());
    auto first = store->put_file(dir / "a.o", Mode::Plain);
    auto second = store->put_file(dir / "b.o", Mode::Plain);
    REQUIRE(first.ok());
    REQUIRE(second.ok());
    CHECK(*first == *second);
    const DiskStat blob = disk_stat(blob_path(*store, *first));
    CHECK(blob.links == 3);
    CHECK(disk_stat(dir / "a.o").same_file(blob));
    CHECK(disk_stat(dir / "b.o").same_file(blob));
    CHECK(blob.mode == 0444);
    CHECK(store->put_file(dir / "a.o", Mode::Plain).ok());  // again: nothing to do
    CHECK(*store->file_digest(dir / "a.o") == *first);

    REQUIRE(platform::write_file(dir / "tool", "program", 0755).ok());
    auto tool = store->put_file(dir / "tool", Mode::Executable);
    REQUIRE(tool.ok());
    CHECK(disk_stat(dir / "tool").mode == 0555);
    CHECK(store->has(*tool));
    REQUIRE(store->materialise(*tool, Mode::Plain, dir / "tool.txt").ok());  // the other twin is made when wanted
    CHECK(disk_stat(dir / "tool.txt").mode == 0444);
    CHECK_FALSE(disk_stat(dir / "tool.txt").same_file(disk_stat(dir / "tool")));
    REQUIRE(store->materialise(*tool, Mode::Executable, dir / "deep/er/tool").ok());
    CHECK(disk_stat(dir / "deep/er/tool").same_file(disk_stat(dir / "tool")));
    CHECK_FALSE(store->materialise(*tool, Mode::Executable, dir / "deep/er/tool").ok());  // exists

    // A file that others may hold too is copied: their mode must not change.
    REQUIRE(platform::write_file(dir / "mine.c", "int x;").ok());
    REQUIRE(platform::hard_link(dir / "mine.c", dir / "output.c").ok());
    REQUIRE(store->put_file(dir / "output.c", Mode::Plain).ok());
    CHECK(disk_stat(dir / "mine.c").mode == 0644);
    CHECK(disk_stat(dir / "output.c").mode == 0444);
    CHECK_FALSE(store->put_file(dir / "absent", Mode::Plain).ok());
    CHECK_FALSE(store->put_file(dir.path(), Mode::Plain).ok());
}

TEST_CASE("store: another file system gets copies") {
    char name[] = "/dev/shm/cermet-test-XXXXXX";
    if (::mkdtemp(name) == nullptr) return;
    const std::string other = name;
    TemporaryDirectory dir;
    auto store = open_store(dir / "cache");
    REQUIRE(platform::write_file(other + "/a.o", "object").ok());
    auto digest = store->put_file(other + "/a.o", Mode::Plain);
    REQUIRE(digest.ok());
    CHECK(*store->get(*digest) == "object");
    REQUIRE(store->materialise(*digest, Mode::Executable, other + "/b").ok());
    CHECK(bytes_of(other + "/b") == "object");
    CHECK(disk_stat(other + "/b").mode == 0555);
    REQUIRE(store->put_file(other + "/b", Mode::Plain).ok());
    CHECK(names_in(other) == std::vector<std::string>{"a.o", "b"});
    REQUIRE(platform::remove_tree(other).ok());
}

TEST_CASE("store: truncated, flipped and removed blobs are found and can be made again") {
    TemporaryDirectory dir;
    auto store = open_store(dir / "cache");
    const std::string bytes = "some object code";
    const Digest digest = put(*store, bytes);
    const std::string path = blob_path(*store, digest);

    damage(path, "some");
    CHECK_FALSE(store->has(digest));
    CHECK(put(*store, bytes) == digest);
    damage(path, "some 0bject code");  // same size: the mtime tells
    const Status placed = store->materialise(digest, Mode::Plain, dir / "out");
    REQUIRE_FALSE(placed.ok());
    CHECK(placed.error().kind == ErrorKind::Environment);
    CHECK(contains(placed.error().message, "lost"));
    CHECK_FALSE(platform::exists(dir / "out"));

    CHECK(put(*store, bytes) == digest);
    damage(path, "some 0bject code");
    REQUIRE(set_modified(path, blob_mtime(digest)).ok());  // size and mtime restored: only hashing tells
    CHECK(store->has(digest, Trust::Stat));
    CHECK_FALSE(store->get(digest).ok());
    CHECK(put(*store, bytes) == digest);
    damage(path, "some 0bject code");
    REQUIRE(set_modified(path, blob_mtime(digest)).ok());
    CHECK_FALSE(store->materialise(digest, Mode::Plain, dir / "out", Trust::Verify).ok());

    CHECK(put(*store, bytes) == digest);
    REQUIRE(platform::remove_file(path).ok());
    CHECK_FALSE(store->has(digest));

    CHECK(put(*store, bytes) == digest);
    REQUIRE(platform::remove_file(path).ok());
    REQUIRE(platform::make_directories(path).ok());  // nonsense in its place
    CHECK_FALSE(store->has(digest));

    REQUIRE(platform::remove_tree(path).ok());
    CHECK(put(*store, bytes) == digest);
    REQUIRE(set_modified(path, 12345).ok());  // an unpacked cache archive: right bytes, wrong time
    CHECK(store->has(digest));
    CHECK(disk_stat(path).mtime_ns == blob_mtime(digest));
    REQUIRE(store->forget_blob(digest).ok());
    CHECK_FALSE(store->has(digest));
}

TEST_CASE("store: verify hashes everything and removes what is wrong") {
    TemporaryDirectory dir;
    auto store = open_store(dir / "cache");
    std::vector<Digest> digests;
    for (int i = 0; i < 50; ++i) digests.push_back(put(*store, cat("blob ", i)));
    damage(blob_path(*store, digests[3]), "blob X");
    REQUIRE(set_modified(blob_path(*store, digests[3]), blob_mtime(digests[3])).ok());
    REQUIRE(platform::write_file(dir / "cache/blobs/aa-strange", "").ok());
    REQUIRE(platform::make_directories(dir / "cache/blobs/zz").ok());
    REQUIRE(platform::write_file(dir / "cache/blobs/zz/strange", "?").ok());
    auto report = store->verify();
    REQUIRE(report.ok());
    CHECK(report->checked == 51);
    CHECK(report->bad.size() == 2);
    CHECK_FALSE(store->has(digests[3]));
    CHECK(store->has(digests[4]));
    CHECK(store->verify()->bad.empty());
}

TEST_CASE("store: file digests follow every change") {
    TemporaryDirectory dir;
    auto store = open_store(dir / "cache");
    const std::string path = dir / "a.c";
    for (int i = 0; i < 200; ++i) {  // same size, within the clock's granularity
        REQUIRE(platform::write_file(path, cat("version ", 100 + i)).ok());
        auto digest = store->file_digest(path);
        REQUIRE(digest.ok());
        CHECK(*digest == digest_of(cat("version ", 100 + i)));
    }
    CHECK_FALSE(store->file_digest(dir / "absent").ok());
    CHECK_FALSE(store->file_digest(dir.path()).ok());
    REQUIRE(platform::make_symlink(path, dir / "link.c").ok());
    CHECK(*store->file_digest(dir / "link.c") == digest_of("version 299"));
    store->alias("/cermet/out", dir.path());
    CHECK(*store->file_digest("/cermet/out/a.c") == digest_of("version 299"));
    REQUIRE(platform::make_directories(dir / "sub").ok());
    REQUIRE(platform::write_file(dir / "sub/a.c", "sub").ok());
    store->alias("/cermet/out/x",
                 dir / "sub");  // the longest prefix wins, the newest of two equal ones
    CHECK(*store->file_digest("/cermet/out/x/a.c") == digest_of("sub"));
    store->alias("/cermet/out", dir / "sub");
    CHECK(*store->file_digest("/cermet/out/a.c") == digest_of("sub"));
}

TEST_CASE("store: entries of one process are found by another after flush") {
    TemporaryDirectory dir;
    auto store = open_store(dir / "cache");
    const Digest key = digest_of("key");
    CHECK_FALSE(store->find_entry("action", key));
    auto other = open_store(dir / "cache");
    REQUIRE(other->put_entry("action", key, "result").ok());
    REQUIRE(other->add_candidate("trace", key, "one").ok());
    CHECK_FALSE(store->find_entry("action", key));
    REQUIRE(other->flush().ok());
    CHECK(store->find_entry("action", key) == "result");
    CHECK(store->find_candidates("trace", key) == std::vector<std::string>{"one"});
}

TEST_CASE("store: a read-only cache answers and keeps new things to itself") {
    TemporaryDirectory dir;
    const Digest key = digest_of("key");
    Digest old;
    {
        auto store = open_store(dir / "cache");
        old = put(*store, "old");
        REQUIRE(store->put_entry("action", key, "result").ok());
    }
    // Root may write everywhere: a file in place of the directory stands for "cannot be written" there.
    auto blocked = Store::open(dir / "cache/format/sub");
    REQUIRE(blocked.ok());
    CHECK((*blocked)->read_only());
    const Digest fresh = put(**blocked, "fresh");
    CHECK(*(*blocked)->get(fresh) == "fresh");
    REQUIRE((*blocked)->materialise(fresh, Mode::Executable, dir / "fresh").ok());
    CHECK(bytes_of(dir / "fresh") == "fresh");
    REQUIRE((*blocked)->put_entry("action", key, "mine").ok());
    CHECK((*blocked)->find_entry("action", key) == "mine");
    REQUIRE((*blocked)->flush().ok());
    CHECK((*blocked)->lease() != nullptr);
    CHECK(KeyLock::try_take((*blocked)->directory(), key)->has_value());
    if (::geteuid() == 0) return;
    REQUIRE(platform::set_mode(dir / "cache", 0555).ok());
    {
        auto store = open_store(dir / "cache");
        CHECK(store->read_only());
        CHECK(*store->get(old) == "old");
        CHECK(store->find_entry("action", key) == "result");
        CHECK(*store->get(put(*store, "fresh")) == "fresh");
    }
    REQUIRE(platform::set_mode(dir / "cache", 0755).ok());
}

TEST_CASE("store: a cache of another format is refused") {
    TemporaryDirectory dir;
    REQUIRE(platform::write_file(dir / "format", "99\n").ok());
    auto opened = Store::open(dir.path());
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.error().kind == ErrorKind::Environment);
}

TEST_CASE("gc: least recently used blobs go first; leased, linked and recent ones are spared") {
    TemporaryDirectory dir;
    auto store = open_store(dir / "cache");
    std::vector<Digest> digests;
    for (int i = 0; i < 10; ++i) {
        digests.push_back(put(*store, std::string(10'000, static_cast<char>('a' + i))));
        age_blob(blob_path(*store, digests.back()), 20 - i);
    }
    REQUIRE(store->collect(50'000).ok());
    for (std::size_t i = 0; i < 10; ++i) CHECK(store->has(digests[i]) == (i >= 5));

    for (std::size_t i = 5; i < 10; ++i) age_blob(blob_path(*store, digests[i]), 20);
    {
        auto lease = store->lease();
        CHECK(store->has(digests[7]));  // used under the lease
        auto other = open_store(dir / "cache");
        REQUIRE(other->collect(0).ok());
        CHECK(store->has(digests[7]));
        CHECK_FALSE(store->has(digests[8]));
        const Digest made = put(*store, "made now");
        REQUIRE(other->collect(0).ok());
        CHECK(store->has(made));
    }
    REQUIRE(store->collect(0).ok());
    CHECK_FALSE(store->has(digests[7]));
    CHECK(names_in(dir / "cache/leases").empty());
}

TEST_CASE("gc: dead leases are ignored, locked roots and used directories are spared") {
    TemporaryDirectory dir;
    auto store = open_store(dir / "cache");
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        auto opened = Store::open(dir / "cache");
        if (!opened) ::_exit(1);
        auto* leaked = (*opened)->lease().release();  // killed while it holds a lease
        ::_exit(leaked == nullptr ? 2 : 0);
    }
    REQUIRE(wait_for(child) == 0);
    CHECK(names_in(dir / "cache/leases").size() == 1);

    const std::string package = store->packages_directory() + "/crate-a-1.0.0-12345678";
    const std::string shared = store->shared_directory() + "/b-12345678";
    const std::string root = store->root_directory(dir / "checkout");
    for (const std::string& path : {package, shared, root}) REQUIRE(platform::make_directories(path + "/sub").ok());
    REQUIRE(platform::write_file(package + "/sub/lib.rs", "x", 0444).ok());
    REQUIRE(platform::write_file(package + ".ok", "mark").ok());
    for (const std::string& path : {package, shared, root}) age_directory(path, 40);
    age_directory(package + ".ok", 40);
    {
        auto lock = RootLock::try_take(root);
        REQUIRE(lock.ok());
        REQUIRE(lock->has_value());
        age_directory(root, 40);
        CHECK_FALSE(RootLock::try_take(root)->has_value());
        store->touch_directory(shared);
        REQUIRE(store->collect(1'000'000'000).ok());
        CHECK_FALSE(platform::exists(package));
        CHECK_FALSE(platform::exists(package + ".ok"));
        CHECK(platform::exists(shared));
        CHECK(platform::exists(root));
    }
    REQUIRE(store->collect(1'000'000'000).ok());
    CHECK_FALSE(platform::exists(root));
    CHECK(names_in(dir / "cache/leases").empty());
    CHECK(names_in(dir / "cache/tmp").empty());
    CHECK(RootLock::try_take(root)->has_value());  // and it comes back when it is wanted
}

TEST_CASE("gc: links inside and outside of the cache keep bytes; growth starts a collection") {
    TemporaryDirectory dir;
    auto store = open_store(dir / "cache");
    const Digest digest = put(*store, std::string(5000, 'x'));
    REQUIRE(store->materialise(digest, Mode::Plain, store->root_directory(dir.path()) + "/out/x").ok());
    const CacheStatistics statistics = store->statistics();
    CHECK(statistics.blobs == 1);
    CHECK(statistics.blob_bytes == 5000);
    CHECK(statistics.roots == 1);
    CHECK(statistics.root_bytes == 0);  // shared with the blob
    CHECK(statistics.size_cap > 0);
    REQUIRE(store->flush().ok());
    CHECK(read_growth(dir / "cache/size").bytes == 5000);
    REQUIRE(store->collect_if_needed().ok());
    CHECK(read_growth(dir / "cache/size").collected_ns > 0);
    REQUIRE(write_growth(dir / "cache/size", 5000, 1).ok());  // long ago
    REQUIRE(store->collect_if_needed().ok());
    CHECK(read_growth(dir / "cache/size").collected_ns > 1);

    // A snapshot of links: evicting what it holds frees nothing, and is not tried for the sake of space.
    REQUIRE(platform::hard_link(blob_path(*store, digest), dir / "snapshot").ok());
    const Digest own = put(*store, std::string(300, 'y'));
    for (const Digest& one : {digest, own}) age_blob(blob_path(*store, one), 20);
    REQUIRE(store->collect(1000).ok());
    CHECK(store->has(digest));
    CHECK(store->has(own));
    CHECK(read_growth(dir / "cache/size").bytes == 300);
}

#if defined(__linux__)
TEST_CASE("store: a full disk is an error that says so, and leaves nothing half-written") {
    TemporaryDirectory dir;
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {  // a tiny disk, in a mount namespace of its own; 77: not allowed here
        if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
            ::_exit(77);
        if (::mount("tmpfs", dir.path().c_str(), "tmpfs", 0, "size=1m") != 0) ::_exit(77);
        auto opened = Store::open(dir / "cache");
        if (!opened) ::_exit(1);
        Store& store = **opened;
        const Digest key = digest_of("key");
        (void)store.put_entry("action", key, "before");
        if (!store.put("small") || !store.flush()) ::_exit(2);
        const auto full = store.put(std::string(2'000'000, 'x'));
        if (full.ok() || full.error().kind != ErrorKind::Environment) ::_exit(3);
        if (!contains(full.error().message, "disk is full") || full.error().hint.empty()) ::_exit(4);
        if (!names_in(dir / "cache/tmp").empty() || store.has(digest_of(std::string(2'000'000, 'x')))) ::_exit(5);
        (void)platform::write_file(dir / "filler", std::string(1'100'000, 'f'));  // now nothing fits any more
        for (int i = 0; i < 600; ++i) (void)store.put_entry("action", digest_of(cat(i)), std::string(300, 'e'));
        const Status flushed = store.flush();
        if (flushed.ok() || flushed.error().kind != ErrorKind::Environment) ::_exit(6);
        auto other = Store::open(dir / "cache");
        if (!other || (*other)->find_entry("action", key) != "before") ::_exit(7);
        if (*(*other)->get(digest_of("small")) != "small") ::_exit(8);
        if (!platform::remove_file(dir / "filler") || !store.flush()) ::_exit(9);  // space again: nothing was forgotten
        if ((*other)->find_entry("action", digest_of(cat(1))) != std::string(300, 'e')) ::_exit(10);
        ::_exit(0);
    }
    const int code = wait_for(child);
    if (code == 77) MESSAGE("skipped: no mount namespace");
    if (code != 77) CHECK(code == 0);
}
#endif

TEST_CASE("locks: a second process waits for the key and adopts the first one's result") {
    TemporaryDirectory dir;
    const Digest key = digest_of("shared step");
    auto store = open_store(dir / "cache");
    int ready[2];
    REQUIRE(::pipe2(ready, O_CLOEXEC) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        auto opened = Store::open(dir / "cache");
        auto lock = KeyLock::take(dir / "cache", key);
        if (!opened || !lock || ::write(ready[1], "x", 1) != 1) ::_exit(1);
        std::this_thread::sleep_for(std::chrono::milliseconds(60));
        (void)(*opened)->put_entry("action", key, "from the child");
        if (!(*opened)->flush()) ::_exit(2);
        { KeyLock dropped = std::move(*lock); }
        ::_exit(0);
    }
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    CHECK_FALSE(KeyLock::try_take(dir / "cache", key)->has_value());
    CHECK(KeyLock::try_take(dir / "cache", digest_of("another"))->has_value());
    std::atomic<bool> cancelled{true};
    CHECK(KeyLock::take(dir / "cache", key, &cancelled).error().kind == ErrorKind::Cancelled);
    auto lock = KeyLock::take(dir / "cache", key);
    REQUIRE(lock.ok());
    CHECK(lock->held());
    CHECK(store->find_entry("action", key) == "from the child");
    REQUIRE(wait_for(child) == 0);
    ::close(ready[0]);
    ::close(ready[1]);
}

TEST_CASE("locks: many processes never hold one key together") {
    TemporaryDirectory dir;
    auto store = open_store(dir / "cache");
    const Digest key = digest_of("k");
    std::vector<pid_t> children;
    for (int p = 0; p < 4; ++p) {
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            for (int i = 0; i < 50; ++i) {
                auto lock = KeyLock::take(dir / "cache", key);
                if (!lock || !lock->held()) ::_exit(1);
                const int fd = ::open((dir / "inside").c_str(), O_CREAT | O_EXCL | O_WRONLY, 0600);
                if (fd < 0) ::_exit(2);  // another one is inside
                ::close(fd);
                ::unlink((dir / "inside").c_str());
            }
            ::_exit(0);
        }
        children.push_back(child);
    }
    for (const pid_t child : children) CHECK(wait_for(child) == 0);
}

TEST_CASE("store: four processes put the same files at once beside a collector") {
    TemporaryDirectory dir;
    { auto store = open_store(dir / "cache"); }
    std::vector<pid_t> children;
    for (int p = 0; p < 4; ++p) {
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            auto opened = Store::open(dir / "cache");
            if (!opened) ::_exit(1);
            Store& store = **opened;
            auto lease = store.lease();
            for (int i = 0; i < 60; ++i) {
                const std::string bytes = cat("content ", i);
                const std::string path = dir / cat("out-", p, "-", i);
                if (!platform::write_file(path, bytes)) ::_exit(2);
                auto digest = store.put_file(path, i % 2 == 0 ? Mode::Plain : Mode::Executable);
                if (!digest) ::_exit(3);
                auto got = store.get(*digest);
                if (!got || *got != bytes) ::_exit(4);
                if (!store.materialise(*digest, Mode::Plain, path + ".again")) ::_exit(5);
                if (p == 0 && i % 10 == 0 && !store.collect(100)) ::_exit(6);
            }
            lease.reset();
            ::_exit(store.flush().ok() ? 0 : 7);
        }
        children.push_back(child);
    }
    for (const pid_t child : children) CHECK(wait_for(child) == 0);
    CHECK(open_store(dir / "cache")->verify()->bad.empty());
}

}  // namespace cermet::store

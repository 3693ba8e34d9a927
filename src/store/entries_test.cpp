// Tests of the logs: torn tails at every byte, two processes, compaction, expiry, the racy rule.
// SPDX-License-Identifier: MIT
#include "store/entries.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log_record.h"
#include "base/text.h"
#include "store/stat_cache.h"
#include "store/test_support.h"

namespace cermet::store {

using testing::bytes_of;
using testing::TemporaryDirectory;

namespace entries_test {

Digest key(int n) { return digest_of(cat("key ", n)); }

std::unique_ptr<Entries> open_log(const std::string& path, Access access = Access::ReadWrite) {
    auto opened = Entries::open(path, access);
    REQUIRE(opened.ok());
    return std::move(*opened);
}

}  // namespace entries_test

using namespace entries_test;

TEST_CASE("entries: values survive, the newest put wins, spaces are apart") {
    TemporaryDirectory dir;
    {
        auto log = open_log(dir / "e.log");
        CHECK_FALSE(log->find("action", key(1)));
        log->put("action", key(1), "old");
        log->put("action", key(1), "new");
        log->put("other", key(1), "");
        CHECK(log->find("action", key(1)) == "new");
        REQUIRE(log->flush().ok());
        log->put("action", key(2), std::string("a\0b", 3));
        REQUIRE(log->flush().ok());
        CHECK(log->find("action", key(1)) == "new");
    }
    auto log = open_log(dir / "e.log");
    CHECK(log->find("action", key(1)) == "new");
    CHECK(log->find("action", key(2)) == std::string("a\0b", 3));
    CHECK(log->find("other", key(1)) == "");
    CHECK_FALSE(log->find("other", key(2)));
    const auto before = bytes_of(dir / "e.log").size();
    log->put("action", key(1), "new");  // nothing new: not written again
    REQUIRE(log->flush().ok());
    CHECK(bytes_of(dir / "e.log").size() == before);
}

TEST_CASE("entries: candidates come newest first, each once, at most so many") {
    TemporaryDirectory dir;
    auto log = open_log(dir / "e.log");
    for (int i = 0; i < 40; ++i) log->add("trace", key(1), cat("value ", i % 20));
    CHECK(log->candidates("trace", key(1), 3) == std::vector<std::string>{"value 19", "value 18", "value 17"});
    CHECK(log->candidates("trace", key(1), 100).size() == 20);
    REQUIRE(log->expire(0, UINT64_MAX).ok());
    CHECK(log->candidates("trace", key(1), 100).size() == 16);
    CHECK(log->candidates("trace", key(1), 1) == std::vector<std::string>{"value 19"});
    CHECK(log->candidates("trace", key(9), 5).empty());
}

TEST_CASE("entries: a log torn at any byte keeps the records before it and can be appended to") {
    TemporaryDirectory dir;
    {
        auto log = open_log(dir / "whole.log");
        for (int i = 0; i < 4; ++i) log->put("s", key(i), cat("value ", i));
        REQUIRE(log->flush().ok());
    }
    const std::string whole = bytes_of(dir / "whole.log");
    std::vector<std::size_t> ends = {16};
    LogReader reader(whole, "entries", 1);
    for (std::string_view payload; reader.next(payload);) ends.push_back(reader.good_bytes());
    REQUIRE(ends.size() == 5);
    for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
        REQUIRE(platform::write_file(dir / "torn.log", whole.substr(0, cut)).ok());
        std::size_t good = 0;
        while (good < 4 && ends[good + 1] <= cut) ++good;
        {
            auto log = open_log(dir / "torn.log");
            for (std::size_t i = 0; i < 4; ++i)
                CHECK(log->find("s", key(static_cast<int>(i))).has_value() == (i < good));
            log->put("s", key(99), "after");
            REQUIRE(log->flush().ok());
        }
        auto again = open_log(dir / "torn.log");
        CHECK(again->find("s", key(99)) == "after");
        CHECK(again->count() == good + 1);
    }
}

TEST_CASE("entries: a flipped byte costs the records from there on, never gives a wrong value") {
    TemporaryDirectory dir;
    {
        auto log = open_log(dir / "whole.log");
        for (int i = 0; i < 4; ++i) log->put("s", key(i), cat("value ", i));
        REQUIRE(log->flush().ok());
    }
    const std::string whole = bytes_of(dir / "whole.log");
    for (std::size_t at = 0; at < whole.size(); ++at) {
        std::string flipped = whole;
        flipped[at] = static_cast<char>(flipped[at] ^ 0x10);
        REQUIRE(platform::write_file(dir / "flip.log", flipped).ok());
        auto log = open_log(dir / "flip.log");
        for (int i = 0; i < 4; ++i) {
            const auto found = log->find("s", key(i));
            if (found) CHECK(*found == cat("value ", i));
        }
        log->put("s", key(7), "after");
        REQUIRE(log->flush().ok());
        CHECK(open_log(dir / "flip.log")->find("s", key(7)) == "after");
    }
}

TEST_CASE("entries: two processes append to one log and see each other") {
    TemporaryDirectory dir;
    auto mine = open_log(dir / "e.log");
    constexpr int k_each = 300;
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        auto opened = Entries::open(dir / "e.log", Access::ReadWrite);
        if (!opened) ::_exit(1);
        for (int i = 0; i < k_each; ++i) {
            (*opened)->put("child", key(i), cat("c", i));
            if (i % 3 == 0 && !(*opened)->flush()) ::_exit(2);
        }
        ::_exit((*opened)->flush().ok() ? 0 : 3);
    }
    for (int i = 0; i < k_each; ++i) {
        mine->put("parent", key(i), cat("p", i));
        if (i % 5 == 0) REQUIRE(mine->flush().ok());
        if (i == k_each / 2) REQUIRE(mine->expire(0, UINT64_MAX).ok());  // compaction beside the other writer
    }
    REQUIRE(mine->flush().ok());
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    REQUIRE(WEXITSTATUS(status) == 0);
    for (int i = 0; i < k_each; ++i) {
        CHECK(mine->find("child", key(i)) == cat("c", i));  // a miss reads what was appended
        CHECK(mine->find("parent", key(i)) == cat("p", i));
    }
    CHECK(open_log(dir / "e.log")->count() == 2 * k_each);
}

TEST_CASE("entries: many overwrites are compacted, read-only logs stay as they are") {
    TemporaryDirectory dir;
    const std::string big(2000, 'x');
    {
        auto log = open_log(dir / "e.log");
        for (int i = 0; i < 2000; ++i) {
            log->put("s", key(i % 10), cat(big, i));
            if (i % 100 == 99) REQUIRE(log->flush().ok());
        }
        CHECK(log->find("s", key(9)) == cat(big, 1999));
    }
    const std::string bytes = bytes_of(dir / "e.log");
    CHECK(bytes.size() < 1'500'000);  // 4 MB were appended
    auto log = open_log(dir / "e.log", Access::ReadOnly);
    CHECK(log->find("s", key(0)) == cat(big, 1990));
    log->put("s", key(77), "only here");
    CHECK(log->find("s", key(77)) == "only here");
    REQUIRE(log->flush().ok());
    CHECK(bytes_of(dir / "e.log") == bytes);
}

TEST_CASE(
    "entries: expiry drops by age and by size, oldest first; a missing directory is an error, not "
    "a crash") {
    TemporaryDirectory dir;
    auto log = open_log(dir / "e.log");
    for (int i = 0; i < 100; ++i) log->put("s", key(i), std::string(1000, 'v'));
    REQUIRE(log->expire(0, 20'000).ok());
    CHECK(log->count() < 20);
    CHECK(log->find("s", key(99)).has_value());
    CHECK_FALSE(log->find("s", key(0)).has_value());
    REQUIRE(log->expire(Entries::current_hour() + 1, UINT64_MAX).ok());
    CHECK(log->count() == 0);

    auto lost = open_log(dir / "none/e.log");
    lost->put("s", key(1), "v");
    const Status flushed = lost->flush();
    REQUIRE_FALSE(flushed.ok());
    CHECK(flushed.error().kind == ErrorKind::Environment);
    CHECK(lost->find("s", key(1)) == "v");
}

TEST_CASE("stat cache: remembers settled files only, and compares every field") {
    TemporaryDirectory dir;
    auto opened = StatCache::open(dir / "stats.log", Access::ReadWrite);
    REQUIRE(opened.ok());
    StatCache& cache = **opened;
    DiskStat stat;
    stat.exists = stat.regular = true;
    stat.device = 1;
    stat.inode = 2;
    stat.size = 3;
    const std::int64_t second = 1'000'000'000;
    stat.mtime_ns = 1000 * second + 5;
    stat.ctime_ns = 1000 * second + 7;
    const Digest digest = digest_of("abc");

    cache.remember(stat, digest, stat.mtime_ns + 1'000'000,
                   Owner::User);  // a millisecond later: too near
    CHECK_FALSE(cache.find(stat, Owner::User));
    cache.remember(stat, digest, stat.mtime_ns - second, Owner::User);  // a time in the future
    CHECK_FALSE(cache.find(stat, Owner::User));
    cache.remember(stat, digest, stat.mtime_ns + second, Owner::User);
    CHECK(cache.find(stat, Owner::User) == digest);

    DiskStat coarse = stat;
    coarse.inode = 3;
    coarse.mtime_ns = coarse.ctime_ns = 1000 * second;  // whole seconds: a file system that keeps no more
    cache.remember(coarse, digest, coarse.mtime_ns + second, Owner::User);
    CHECK_FALSE(cache.find(coarse, Owner::User));
    cache.remember(coarse, digest, coarse.mtime_ns + 3 * second, Owner::User);
    CHECK(cache.find(coarse, Owner::User) == digest);

    DiskStat linked = stat;
    linked.ctime_ns += 50 * second;
    CHECK_FALSE(cache.find(linked, Owner::User));
    CHECK(cache.find(linked, Owner::Store) == digest);  // links change the ctime of the store's own files
    DiskStat other = stat;
    other.size = 4;
    CHECK_FALSE(cache.find(other, Owner::User));
    other = stat;
    other.mtime_ns += 1;
    CHECK_FALSE(cache.find(other, Owner::User));
    other = stat;
    other.device = 9;
    CHECK_FALSE(cache.find(other, Owner::User));

    REQUIRE(cache.flush().ok());
    auto again = StatCache::open(dir / "stats.log", Access::ReadWrite);
    REQUIRE(again.ok());
    CHECK((*again)->find(stat, Owner::User) == digest);
    CHECK((*again)->count() == 2);
}

}  // namespace cermet::store

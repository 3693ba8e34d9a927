// Tests of the archives: round trips, equal bytes, and what the strict readers refuse.
// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <atomic>

#include "base/archive/deflate.h"
#include "base/archive/parallel.h"
#include "base/archive/tar.h"
#include "base/archive/zip.h"
#include "base/text.h"

namespace cermet {

namespace {

std::string noise(std::size_t size, std::uint32_t seed) {
    std::string out(size, '\0');
    for (char& c : out) {
        seed = seed * 1664525U + 1013904223U;
        c = static_cast<char>(seed >> 24);
    }
    return out;
}

std::string zip_of(const std::vector<ZipMember>& members, int threads = 1) {
    StringSink sink;
    ZipOptions options;
    options.threads = threads;
    REQUIRE(write_zip(members, options, sink).ok());
    return sink.bytes;
}

std::string broken(std::string bytes, std::size_t at, char value) {
    bytes[at] = value;
    return bytes;
}

}  // namespace

TEST_CASE("deflate and gzip give back what went in") {
    for (const std::string& text : {std::string(), std::string("a"), std::string(100000, 'x'), noise(70000, 1)}) {
        std::string packed = gzip(text);
        CHECK(packed.substr(4, 4) == std::string(4, '\0'));
        auto back = gunzip(packed + packed + std::string(3, '\0'), 1 << 20);
        REQUIRE(back.ok());
        CHECK(*back == text + text);
        std::string raw = deflate(text);
        if (!raw.empty()) CHECK(*inflate(raw, text.size()) == text);
        CHECK(raw.size() <= text.size());
    }
    CHECK(crc32("123456789") == 0xCBF43926U);
    CHECK(deflate(noise(1000, 3)).empty());
}

TEST_CASE("unpacking refuses damage, rubbish and too much") {
    std::string packed = gzip(std::string(1 << 20, 'a'));
    CHECK_FALSE(gunzip(packed, 1000).ok());
    CHECK_FALSE(gunzip(packed + "rubbish", 1 << 21).ok());
    CHECK_FALSE(gunzip(packed.substr(0, packed.size() - 9), 1 << 21).ok());
    CHECK_FALSE(gunzip("", 10).ok());
    std::string raw = deflate(std::string(5000, 'b'));
    CHECK_FALSE(inflate(raw, 4999).ok());
    CHECK_FALSE(inflate(raw, 5001).ok());
    CHECK_FALSE(inflate(raw + "x", 5000).ok());
    CHECK_FALSE(inflate(raw, std::uint64_t{1} << 60).ok());
}

TEST_CASE("jobs run on threads and are taken in order") {
    for (int threads : {1, 2, 5}) {
        std::atomic<int> ran{0};
        std::vector<std::size_t> order;
        run_in_order(
            100, threads, [&](std::size_t) { ++ran; },
            [&](std::size_t i) {
                order.push_back(i);
                return i != 60;
            });
        CHECK(order.size() == 61);
        CHECK(order.back() == 60);
        CHECK(ran >= 61);
    }
}

TEST_CASE("a zip file is the same from any number of threads and reads back") {
    std::vector<std::string> contents;
    for (std::uint32_t i = 0; i < 40; ++i) contents.push_back(i % 2 ? noise(20000, i) : std::string(30000, 'z'));
    std::vector<ZipMember> members;
    for (std::size_t i = 0; i < contents.size(); ++i) {
        members.push_back({cat("d/", i, "é"), contents[i], i % 3 == 0});
    }
    members.push_back({"empty", "", false});
    std::string one = zip_of(members, 1);
    CHECK(one == zip_of(members, 4));
    auto reader = ZipReader::open(one, "x.zip");
    REQUIRE(reader.ok());
    CHECK(reader->entries().size() == members.size());
    for (const ZipMember& member : members) {
        const ZipEntry* entry = reader->find(member.path);
        REQUIRE(entry != nullptr);
        CHECK(*reader->read(*entry) == member.bytes);
        CHECK(entry->executable() == member.executable);
    }
    CHECK(ZipReader::open(zip_of({}), "empty.zip").ok());
}

TEST_CASE("zip times are clamped to what the format can name") {
    auto time_of = [](std::int64_t mtime) {
        StringSink sink;
        ZipOptions options;
        options.mtime = mtime;
        CHECK(write_zip({{"a", "b", false}}, options, sink).ok());
        return ZipReader::open(sink.bytes, "t")->entries()[0].dos_time;
    };
    CHECK(time_of(0) == 0x00210000U);
    CHECK(time_of(1580601600) == 0x50420000U);  // 2020-02-02 00:00:00
    CHECK(time_of(std::int64_t{1} << 60) == time_of(4354819198));
}

TEST_CASE("zip names that would escape or clash are refused") {
    StringSink sink;
    for (const char* bad : {"", "/a", "../a", "a/../b", "a//b", "a\\b", "./a", "C:x", "a\nb", "\xff"}) {
        CHECK_FALSE(write_zip({{bad, "", false}}, {}, sink).ok());
    }
    CHECK_FALSE(write_zip({{"a", "", false}, {"a", "", false}}, {}, sink).ok());
    CHECK_FALSE(write_zip({{"a", "", false}, {"a/b", "", false}}, {}, sink).ok());
}

TEST_CASE("zip files that two readers could read differently are refused") {
    std::string good = zip_of({{"a", "hello hello hello", false}, {"b", "x", false}});
    CHECK(ZipReader::open(good, "g").ok());
    CHECK_FALSE(ZipReader::open(good + "x", "trailing").ok());
    CHECK_FALSE(ZipReader::open("x" + good, "prefix").ok());
    CHECK_FALSE(ZipReader::open(good.substr(0, good.size() - 1), "short").ok());
    CHECK_FALSE(ZipReader::open("", "nothing").ok());
    std::size_t name = good.find('a', 30);
    CHECK_FALSE(ZipReader::open(broken(good, name, 'c'), "two names").ok());
    CHECK_FALSE(ZipReader::open(broken(good, 14, 9), "two checksums").ok());
    CHECK_FALSE(ZipReader::open(broken(good, 8, 1), "unknown method").ok());
    std::string data = broken(good, good.find("x", 31 + 17), 'y');
    auto reader = ZipReader::open(data, "damaged");
    if (reader.ok()) {
        bool all = true;
        for (const ZipEntry& entry : reader->entries()) all = all && reader->read(entry).ok();
        CHECK_FALSE(all);
    }
}

TEST_CASE("tar files round trip with long and strange names") {
    std::vector<TarFile> files = {{"p-1/a", "1", false},
                                  {"p-1/" + std::string(120, 'n'), std::string(512, 'q'), true},
                                  {"p-1/" + std::string(90, 'd') + "/" + std::string(90, 'f'), "", false},
                                  {"p-1/é✓", noise(1000, 5), false}};
    std::string packed = write_tar_gz(files, 1000);
    CHECK(packed == write_tar_gz(files, 1000));
    auto back = read_tar_gz(packed, "p", {});
    REQUIRE(back.ok());
    REQUIRE(back->size() == files.size());
    for (std::size_t i = 0; i < files.size(); ++i) {
        CHECK((*back)[i].path == files[i].path);
        CHECK((*back)[i].bytes == files[i].bytes);
        CHECK((*back)[i].executable == files[i].executable);
    }
    TarRules other;
    other.top = "q-1";
    CHECK_FALSE(read_tar_gz(packed, "p", other).ok());
    TarRules small;
    small.max_total = 2000;
    CHECK_FALSE(read_tar_gz(packed, "p", small).ok());
}

TEST_CASE("unsafe and broken tar files are refused") {
    for (const char* bad : {"../a", "/a", "p/../../a", "p\\a", "C:a"}) {
        CHECK_FALSE(read_tar_gz(write_tar_gz({{bad, "", false}}, 0), "bad", {}).ok());
    }
    CHECK_FALSE(read_tar_gz(write_tar_gz({{"p/a", "", false}, {"q/a", "", false}}, 0), "two tops", {}).ok());
    CHECK_FALSE(read_tar_gz(write_tar_gz({{"p/a", "", false}, {"p/a", "", false}}, 0), "twice", {}).ok());
    CHECK_FALSE(read_tar_gz(write_tar_gz({{"p/a", "", false}, {"p/a/b", "", false}}, 0), "both", {}).ok());
    std::string tar = write_tar({{"p/a", "text", false}}, 0);
    CHECK_FALSE(read_tar_gz(gzip(broken(tar, 0, 'q')), "checksum", {}).ok());
    CHECK_FALSE(read_tar_gz(gzip(tar.substr(0, 514)), "short", {}).ok());
    CHECK_FALSE(read_tar_gz(gzip(std::string(1024, '\0')), "empty", {}).ok());
    CHECK_FALSE(read_tar_gz("no gzip", "rubbish", {}).ok());
}

}  // namespace cermet

// Tests of pinned files: names, mirrors, where one comes from, refused bytes, unpacking.
// SPDX-License-Identifier: MIT
#include "fetch/pinned.h"

#include <doctest/doctest.h>

#include "base/archive/deflate.h"
#include "base/archive/tar.h"
#include "base/archive/zip.h"
#include "base/text.h"
#include "platform/os.h"
#include "store/test_support.h"

namespace cermet::fetch {

using store::testing::TemporaryDirectory;

namespace pinned_test {

std::unique_ptr<store::Store> open(const TemporaryDirectory& directory) {
    auto opened = store::Store::open(directory / "cache");
    REQUIRE(opened.ok());
    return std::move(*opened);
}

PinnedFile pinned(const std::string& url, std::string_view bytes) {
    PinnedFile file;
    file.url = url;
    file.sha256 = digest_of(bytes).hex();
    return file;
}

}  // namespace pinned_test

using namespace pinned_test;

TEST_CASE("pinned: the file's name is the URL's, and safe") {
    const auto name = [](const char* url) { return pinned(url, "").file_name(); };
    CHECK(name("https://example.org/a/rates.csv") == "rates.csv");
    CHECK(name("https://example.org/a/rates.csv?x=/y#z") == "rates.csv");
    CHECK(name("https://example.org/a b%20c") == "a_b_20c");
    CHECK(name("https://example.org/") == "file");
    CHECK(name("https://example.org") == "file");
    CHECK(name("https://example.org/..") == "file..");
    CHECK(name("https://example.org/.hidden") == "file.hidden");
    CHECK(name(("https://example.org/" + std::string(300, 'x') + ".gz").c_str()).size() == 100);
}

TEST_CASE("pinned: what is no URL or no checksum is refused") {
    CHECK(check_pinned(pinned("https://example.org/a", "a")).ok());
    CHECK(check_pinned(pinned("file:///a", "a")).ok());
    for (const char* url : {"", "ftp://example.org/a", "/etc/passwd", "-o", "file://host/a"})
        CHECK_FALSE(check_pinned(pinned(url, "a")).ok());
    PinnedFile file = pinned("https://example.org/a", "a");
    file.sha256 = upper(file.sha256);
    CHECK_FALSE(check_pinned(file).ok());
    file.sha256 = "abc";
    CHECK(contains(check_pinned(file).error().message, "'abc' is no sha256"));
}

TEST_CASE("pinned: the longest mirror that fits counts") {
    DownloadPolicy policy;
    CHECK(mirrored_url(policy, "https://a/b") == "https://a/b");
    policy.mirrors = {{"https://a/", "https://one/"}, {"https://a/b", "https://two/x"}, {"https://z/", "https://no/"}};
    CHECK(mirrored_url(policy, "https://a/bc") == "https://two/xc");
    CHECK(mirrored_url(policy, "https://a/c") == "https://one/c");
    CHECK(mirrored_url(policy, "https://c/https://a/") == "https://c/https://a/");
}

TEST_CASE("pinned: a user's file, a vendored one, the cache, the network, in this order") {
    const TemporaryDirectory directory;
    const auto store = open(directory);
    const PinnedFile file = pinned("https://example.org/rates.csv", "1,2\n");
    DownloadPolicy policy;
    policy.directory = directory / "vendor";
    CHECK(source_of(*store, policy, file).kind == FileSource::Kind::Network);
    REQUIRE(platform::write_file(directory / "rates", "1,2\n").ok());
    const auto placed = import_pinned(*store, file, directory / "rates", Import::Copy);
    REQUIRE(placed.ok());
    CHECK(placed->path == cat("/cermet/pkg/download-rates.csv-", file.sha256.substr(0, 8), "/rates.csv"));
    CHECK(*platform::read_file(placed->host) == "1,2\n");
    CHECK(source_of(*store, policy, file).kind == FileSource::Kind::Cache);
    REQUIRE(platform::make_directories(directory / "vendor").ok());
    REQUIRE(platform::write_file(cat(directory / "vendor", "/", vendored_name(file)), "1,2\n").ok());
    CHECK(source_of(*store, policy, file).kind == FileSource::Kind::Vendored);
    policy.local[file.sha256] = directory / "rates";
    CHECK(source_of(*store, policy, file).from == directory / "rates");
}

TEST_CASE("pinned: other bytes and another size are refused wherever they come from") {
    const TemporaryDirectory directory;
    const auto store = open(directory);
    PinnedFile file = pinned("https://example.org/rates.csv", "1,2\n");
    file.place = {"pyproject.toml", 7, 1};
    REQUIRE(platform::write_file(directory / "rates", "6,6\n").ok());
    const auto wrong = import_pinned(*store, file, directory / "rates", Import::Take);
    REQUIRE_FALSE(wrong.ok());
    CHECK(wrong.error().kind == ErrorKind::Project);
    CHECK(contains(wrong.error().message, "checksum mismatch"));
    CHECK(wrong.error().where.line == 7);
    file = pinned("https://example.org/rates.csv", "6,6\n");
    file.size = 5;
    CHECK(contains(import_pinned(*store, file, directory / "rates", Import::Take).error().message,
                   "has 4 bytes, declared are 5"));
    CHECK_FALSE(find_pinned(*store, file));
}

TEST_CASE("pinned: archives are unpacked below one of their directories") {
    const TemporaryDirectory directory;
    const auto store = open(directory);
    const auto unpack = [&](const std::string& name, const std::string& bytes, const std::string& below) {
        const PinnedFile file = pinned("https://example.org/" + name, bytes);
        REQUIRE(platform::write_file(directory / "got", bytes).ok());
        REQUIRE(import_pinned(*store, file, directory / "got", Import::Copy).ok());
        return unpack_pinned(*store, file, below);
    };
    const std::string tar =
        write_tar_gz({{"lib-1/include/a.h", "a", false}, {"lib-1/run", "r", true}, {"x", "x", false}}, 0);
    const auto all = unpack("lib.tar.gz", tar, ".");
    REQUIRE_MESSAGE(all.ok(), all.error().message);
    CHECK(*platform::read_file(all->host + "/lib-1/include/a.h") == "a");
    CHECK(platform::stat_file(all->host + "/lib-1/run").executable());
    const auto some = unpack("lib.tar.gz", tar, "lib-1/include");
    REQUIRE(some.ok());
    CHECK(*platform::read_file(some->host + "/a.h") == "a");
    CHECK_FALSE(platform::exists(some->host + "/x"));
    CHECK(some->path != all->path);
    CHECK(contains(unpack("lib.tar.gz", tar, "absent").error().message, "has nothing below absent"));
    CHECK(contains(unpack("lib.rar", tar, ".").error().message, "no archive that can be unpacked"));
    StringSink zip;
    REQUIRE(write_zip({{"d/a.h", "a", false}, {"d/b/c", "c", true}}, {}, zip).ok());
    const auto zipped = unpack("lib.zip", zip.bytes, "d");
    REQUIRE_MESSAGE(zipped.ok(), zipped.error().message);
    CHECK(*platform::read_file(zipped->host + "/a.h") == "a");
    CHECK_FALSE(unpack("bad.tar.gz", tar.substr(0, tar.size() / 2), ".").ok());
    const auto outside = unpack("out.tar.gz", gzip(write_tar({{"../evil", "e", false}}, 0)), ".");
    REQUIRE_FALSE(outside.ok());
    CHECK(outside.error().kind == ErrorKind::Project);
}

TEST_CASE("pinned: an archive that grows without end is refused before it fills memory") {
    const TemporaryDirectory directory;
    const auto store = open(directory);
    constexpr std::uint64_t largest = std::uint64_t{1} << 20;
    const std::string zeros(std::size_t{8} << 20, '\0');
    const std::string bomb = write_tar_gz({{"zeros", zeros, false}}, 0);
    const PinnedFile file = pinned("https://example.org/bomb.tar.gz", bomb);
    REQUIRE(platform::write_file(directory / "got", bomb).ok());
    REQUIRE(import_pinned(*store, file, directory / "got", Import::Copy).ok());
    const auto unpacked = unpack_pinned(*store, file, ".", largest);
    REQUIRE_FALSE(unpacked.ok());
    CHECK(unpacked.error().kind == ErrorKind::Project);
    StringSink zip;
    REQUIRE(write_zip({{"zeros", zeros, false}}, {}, zip).ok());
    const PinnedFile zipped = pinned("https://example.org/bomb.zip", zip.bytes);
    REQUIRE(platform::write_file(directory / "got", zip.bytes).ok());
    REQUIRE(import_pinned(*store, zipped, directory / "got", Import::Copy).ok());
    CHECK(contains(unpack_pinned(*store, zipped, ".", largest).error().message, "unpacks to more than 1 MB"));
}

}  // namespace cermet::fetch

// Tests of downloads: curl's instructions and answers as texts, files from file: URLs, wrong bytes, what is not there.
// SPDX-License-Identifier: MIT
#include "fetch/downloads.h"

#include <doctest/doctest.h>

#include "base/digest.h"
#include "base/text.h"
#include "platform/os.h"
#include "store/test_support.h"

namespace cermet::fetch {

using store::testing::TemporaryDirectory;

namespace downloads_test {

std::unique_ptr<NetworkHelper> start() {
    auto started = NetworkHelper::start();
    REQUIRE(started.ok());
    return std::move(*started);
}

Download of_file(const TemporaryDirectory& directory, const std::string& name, const std::string& bytes) {
    const std::string source = cat(directory.path(), "/served-", name);
    REQUIRE(platform::write_file(source, bytes).ok());
    Download download;
    download.what = name;
    download.url = "file://" + source;
    download.target = cat(directory.path(), "/got/", name);
    download.sha256 = digest_of(bytes).hex();
    return download;
}

class Count final : public DownloadListener {
   public:
    void arrived(const Download& download, std::uint64_t bytes, std::size_t done, std::size_t of) override {
        names += cat(download.what, " ", bytes, ";");
        last = cat(done, "/", of);
    }
    std::string names;
    std::string last;
};

}  // namespace downloads_test

using namespace downloads_test;

TEST_CASE("downloads: a token stands in the instructions, with nothing that ends its line") {
    Download download;
    download.url = "https://example.org/a\"b";
    download.target = "/x/a";
    download.authorization = "secret\nurl = \"file:///etc/passwd";
    const std::string text = curl_config({download});
    CHECK(contains(text, "header = \"Authorization: secreturl = \\\"file:///etc/passwd\"\n"));
    CHECK(contains(text, "url = \"https://example.org/a\\\"b\"\n"));
    CHECK(contains(text, "output = \"/x/a.part\"\n"));
    CHECK_FALSE(contains(text, "\nnext\n"));
    CHECK(contains(curl_config({download, download}), "\nnext\n"));
}

TEST_CASE("downloads: curl's answers") {
    const auto transfer = parse_transfer("cermet-transfer\t3\t22\t404\t0\tThe requested URL returned error: 404");
    REQUIRE(transfer.has_value());
    CHECK(transfer->index == 3);
    CHECK(transfer->exit_code == 22);
    CHECK(transfer->status == 404);
    CHECK(transfer->message == "The requested URL returned error: 404");
    CHECK_FALSE(parse_transfer("curl: (6) Could not resolve host"));
    CHECK_FALSE(parse_transfer("cermet-transfer\tx\t22\t404\t0\t"));
    CHECK_FALSE(parse_transfer("cermet-transfer\t1\t22"));
}

TEST_CASE("downloads: several at once, gone on from where the last run ended") {
    const TemporaryDirectory directory;
    const auto network = start();
    std::vector<Download> all;
    for (const char* name : {"a", "b", "c"}) all.push_back(of_file(directory, name, cat("bytes of ", name)));
    REQUIRE(platform::make_directories(cat(directory.path(), "/got")).ok());
    REQUIRE(platform::write_file(all[1].target + ".part", "bytes").ok());
    REQUIRE(platform::write_file(all[2].target + ".part", "bytes of c").ok());
    Count count;
    const Status done = download_all(*network, all, cat(directory.path(), "/scratch"), &count);
    REQUIRE_MESSAGE(done.ok(), done.error().message);
    for (const Download& one : all) CHECK(*platform::read_file(one.target) == cat("bytes of ", one.what));
    CHECK(contains(count.names, "a 10;"));
    CHECK(platform::find_file_bytes(all[0].target + ".part") == std::nullopt);
}

TEST_CASE("downloads: wrong bytes and absent files are named, the others arrive") {
    const TemporaryDirectory directory;
    const auto network = start();
    std::vector<Download> all;
    for (const char* name : {"a", "b", "c"}) all.push_back(of_file(directory, name, cat("bytes of ", name)));
    all[0].sha256 = std::string(64, '0');
    all[1].url += "-absent";
    const Status done = download_all(*network, all, cat(directory.path(), "/scratch"));
    REQUIRE_FALSE(done.ok());
    CHECK(done.error().kind == ErrorKind::Project);
    CHECK(contains(done.error().message, "checksum mismatch: a from file://"));
    CHECK(platform::find_file_bytes(all[0].target) == std::nullopt);
    CHECK(platform::find_file_bytes(all[0].target + ".part") == std::nullopt);
    CHECK(platform::find_file_bytes(all[1].target) == std::nullopt);
    CHECK(*platform::read_file(all[2].target) == "bytes of c");
}

TEST_CASE("downloads: offline is an error before curl starts") {
    const TemporaryDirectory directory;
    const auto network = start();
    network->forbid_network("--offline was given");
    Download download;
    download.what = "serde 1.0.0";
    download.url = "https://static.crates.io/crates/serde/1.0.0/download";
    download.target = cat(directory.path(), "/serde");
    const Status done = download_all(*network, {download}, cat(directory.path(), "/scratch"));
    REQUIRE_FALSE(done.ok());
    CHECK(contains(done.error().message, "cannot download serde 1.0.0: --offline was given"));
}

}  // namespace cermet::fetch

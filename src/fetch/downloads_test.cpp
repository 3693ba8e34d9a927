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

std::unique_ptr<NetworkHelper> helper() {
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

TransferSettings quick(const TemporaryDirectory& directory) {
    TransferSettings settings;
    settings.scratch_directory = cat(directory.path(), "/scratch");
    settings.first_pause_ms = 1;
    return settings;
}

class Count final : public DownloadListener {
   public:
    void arrived(const Download& download, std::uint64_t bytes, std::size_t done, std::size_t of) override {
        names += cat(download.what, " ", bytes, ";");
        last = cat(done, "/", of);
    }
    void again(const Download& download, const std::string& reason) override {
        repeated += cat(download.what, ": ", reason, ";");
    }
    std::string names;
    std::string last;
    std::string repeated;
};

}  // namespace downloads_test

using namespace downloads_test;

TEST_CASE("downloads: a token stands in the instructions, with nothing that ends its line") {
    Download download;
    download.url = "https://example.org/a\"b";
    download.target = "/x/a";
    download.authorization = "secret\nurl = \"file:///etc/passwd";
    const std::string text = curl_config({&download}, {});
    CHECK(contains(text, "header = \"Authorization: secreturl = \\\"file:///etc/passwd\"\n"));
    CHECK(contains(text, "url = \"https://example.org/a\\\"b\"\n"));
    CHECK(contains(text, "output = \"/x/a.part\"\n"));
    CHECK_FALSE(contains(text, "\nnext\n"));
    CHECK(contains(curl_config({&download, &download}, {}), "\nnext\n"));
}

TEST_CASE("downloads: curl follows redirects only to bytes that are known") {
    Download download;
    download.url = "https://example.org/a";
    download.target = "/x/a";
    CHECK_FALSE(contains(curl_config({&download}, {}), "location\n"));
    download.sha256 = digest_of("").hex();
    CHECK(contains(curl_config({&download}, {}), "\nlocation\n"));
    CHECK(host_of("https://user:word@Example.org:8080/a?b") == "example.org:8080");
    CHECK(host_of("http://example.org") == "example.org");
    CHECK(host_of("file:///a").empty());
    CHECK(host_of("nonsense").empty());
}

TEST_CASE("downloads: each ends as it does") {
    const TemporaryDirectory directory;
    const auto network = helper();
    std::vector<Download> all;
    for (const char* name : {"a", "b", "c"}) all.push_back(of_file(directory, name, cat("bytes of ", name)));
    all[0].sha256 = std::string(64, '0');
    all[1].url += "-absent";
    const auto ends = download_each(*network, all, quick(directory));
    REQUIRE(ends.ok());
    REQUIRE_FALSE((*ends)[0].ok());
    CHECK((*ends)[0].error().kind == ErrorKind::Project);
    REQUIRE_FALSE((*ends)[1].ok());
    CHECK((*ends)[1].error().kind == ErrorKind::Environment);
    CHECK((*ends)[2].ok());
}

TEST_CASE("downloads: what is larger than it may be is not kept") {
    const TemporaryDirectory directory;
    const auto network = helper();
    Download download = of_file(directory, "a", std::string(100'000, 'x'));
    download.size_cap = 5000;
    const Status done = download_all(*network, {download}, quick(directory));
    REQUIRE_FALSE(done.ok());
    CHECK(contains(done.error().message, "it has more than the 5000 bytes that are taken"));
    CHECK_FALSE(platform::exists(download.target + ".part"));
    CHECK_FALSE(platform::exists(download.target));
}

TEST_CASE("downloads: curl's answers") {
    const auto transfer =
        parse_transfer("cermet-transfer\t3\t22\t404\t0\t\thttp://a/b\t\tThe requested URL returned error: 404");
    REQUIRE(transfer.has_value());
    CHECK(transfer->index == 3);
    CHECK(transfer->exit_code == 22);
    CHECK(transfer->status == 404);
    CHECK(transfer->message == "The requested URL returned error: 404");
    CHECK_FALSE(parse_transfer("curl: (6) Could not resolve host"));
    CHECK_FALSE(parse_transfer("cermet-transfer\tx\t22\t404\t0\t\t"));
    CHECK_FALSE(parse_transfer("cermet-transfer\t1\t22"));
}

TEST_CASE("downloads: what may pass is asked for again after a pause that the server can name") {
    Transfer transfer;
    transfer.exit_code = 22;
    for (const int status : {429, 500, 502, 503, 504, 599}) {
        transfer.status = status;
        CHECK(may_pass(transfer));
    }
    for (const int status : {400, 401, 403, 404, 410, 600}) {
        transfer.status = status;
        CHECK_FALSE(may_pass(transfer));
    }
    transfer.status = 0;
    transfer.exit_code = 28;
    CHECK(may_pass(transfer));
    transfer.exit_code = 60;  // a certificate
    CHECK_FALSE(may_pass(transfer));
    CHECK(pause_ms(transfer, 1) == 500);
    CHECK(pause_ms(transfer, 2) == 3500);
    CHECK(pause_ms(transfer, 9) == 10000);
    transfer.status = 429;
    transfer.retry_after = "2";
    CHECK(pause_ms(transfer, 3) == 2000);
    transfer.retry_after = "86400";
    CHECK(pause_ms(transfer, 1) == 10000);
    for (const char* other : {"-1", "Wed, 21 Oct 2026 07:28:00 GMT", "%header{retry-after}", "99999999999"}) {
        transfer.retry_after = other;
        CHECK(pause_ms(transfer, 1) == 500);
    }
    transfer.status = 500;
    transfer.retry_after = "2";
    CHECK(pause_ms(transfer, 1) == 500);
}

TEST_CASE("downloads: several at once, gone on from where the last run ended") {
    const TemporaryDirectory directory;
    const auto network = helper();
    std::vector<Download> all;
    for (const char* name : {"a", "b", "c"}) all.push_back(of_file(directory, name, cat("bytes of ", name)));
    REQUIRE(platform::make_directories(cat(directory.path(), "/got")).ok());
    REQUIRE(platform::write_file(all[1].target + ".part", "bytes").ok());
    REQUIRE(platform::write_file(all[2].target + ".part", "bytes of c").ok());
    all.push_back(of_file(directory, "d", "bytes of d"));
    REQUIRE(platform::write_file(all[3].target + ".part", "other").ok());
    Count count;
    const Status done = download_all(*network, all, quick(directory), &count);
    REQUIRE_MESSAGE(done.ok(), done.error().message);
    for (const Download& one : all) CHECK(*platform::read_file(one.target) == cat("bytes of ", one.what));
    CHECK(contains(count.names, "a 10;"));
    CHECK(contains(count.names, "b 5;"));
    CHECK(count.repeated == "d: what an earlier try left was not of this file;");
    CHECK(platform::find_file_bytes(all[0].target + ".part") == std::nullopt);
}

TEST_CASE("downloads: wrong bytes and absent files are named, the others arrive") {
    const TemporaryDirectory directory;
    const auto network = helper();
    std::vector<Download> all;
    for (const char* name : {"a", "b", "c"}) all.push_back(of_file(directory, name, cat("bytes of ", name)));
    all[0].sha256 = std::string(64, '0');
    all[1].url += "-absent";
    const Status done = download_all(*network, all, quick(directory));
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
    const auto network = helper();
    network->forbid_network("--offline was given");
    Download download;
    download.what = "serde 1.0.0";
    download.url = "https://static.crates.io/crates/serde/1.0.0/download";
    download.target = cat(directory.path(), "/serde");
    const Status done = download_all(*network, {download}, quick(directory));
    REQUIRE_FALSE(done.ok());
    CHECK(contains(done.error().message, "cannot download serde 1.0.0: --offline was given"));
}

}  // namespace cermet::fetch

// Tests of the registry's index: paths, templates of downloads, checksums, and texts that are none of it.
// SPDX-License-Identifier: MIT
#include "fetch/registry.h"

#include <doctest/doctest.h>

namespace cermet::fetch {

TEST_CASE("registry: which index a source means") {
    CHECK(sparse_index_of("registry+https://github.com/rust-lang/crates.io-index") ==
          "sparse+https://index.crates.io/");
    CHECK(sparse_index_of("sparse+https://crates.example.org/api") == "sparse+https://crates.example.org/api/");
    CHECK(sparse_index_of("registry+https://example.org/index.git").empty());
}

TEST_CASE("registry: a crate's file in the index") {
    CHECK(*index_path("a") == "1/a");
    CHECK(*index_path("Ab") == "2/ab");
    CHECK(*index_path("abc") == "3/a/abc");
    CHECK(*index_path("Serde_JSON") == "se/rd/serde_json");
    CHECK_FALSE(index_path("").ok());
    CHECK_FALSE(index_path("../x").ok());
    CHECK_FALSE(index_path(std::string(65, 'a')).ok());
}

TEST_CASE("registry: where a crate is downloaded from") {
    const RegistryCrate crate{"MyCrate", "1.0.0+b", "0123"};
    CHECK(*download_url({"https://a.example/dl", false}, crate) == "https://a.example/dl/MyCrate/1.0.0+b/download");
    CHECK(*download_url({"https://a.example/{prefix}/{lowerprefix}/{crate}-{version}.crate?{sha256-checksum}", false},
                        crate) == "https://a.example/My/Cr/my/cr/MyCrate-1.0.0+b.crate?0123");
    CHECK_FALSE(download_url({"https://a.example/dl", false}, {"a/b", "1.0.0", ""}).ok());
}

TEST_CASE("registry: config.json") {
    const auto config =
        parse_registry_config(R"({"dl": "https://a.example/dl", "auth-required": true, "api": null})", "config.json");
    REQUIRE(config.ok());
    CHECK(config->download == "https://a.example/dl");
    CHECK(config->auth_required);
    CHECK_FALSE(parse_registry_config("<html>", "config.json").ok());
    CHECK_FALSE(parse_registry_config(R"({"dl": "ssh://x"})", "config.json").ok());
    CHECK_FALSE(parse_registry_config("{}", "config.json").ok());
}

TEST_CASE("registry: checksums by version") {
    const std::string one(64, 'A');
    const std::string text = "{\"name\":\"x\",\"vers\":\"1.0.0\",\"cksum\":\"" + one +
                             "\"}\nnot json\n\n{\"vers\":\"1.1.0\",\"cksum\":\"12\"}\n";
    CHECK(checksum_in_index(text, "1.0.0") == std::string(64, 'a'));
    CHECK_FALSE(checksum_in_index(text, "1.1.0"));
    CHECK_FALSE(checksum_in_index(text, "2.0.0"));
}

}  // namespace cermet::fetch

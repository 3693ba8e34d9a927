// Tests of manifests without their workspace: what is inherited is written out, the rest stays, texts survive.
// SPDX-License-Identifier: MIT
#include "languages/rust/manifest/standalone.h"

#include <doctest/doctest.h>

#include "base/text.h"

namespace cermet::rust {

namespace standalone_test {

constexpr const char* k_root = R"(
[workspace]
members = ["a"]
[workspace.package]
version = "1.2.3"
license-file = "LICENSE"
[workspace.dependencies]
serde = { version = "1", features = ["std"], default-features = false }
plain = "2"
near = { path = "near", version = "0.1" }
[workspace.lints.rust]
unsafe_code = "forbid"
)";

Toml flat(const std::string& manifest) {
    MemoryFiles files;
    files.files = {{"/g/Cargo.toml", k_root}, {"/g/a/Cargo.toml", manifest}};
    Result<std::string> text = standalone_manifest(files, "/g/a", "/g");
    REQUIRE_MESSAGE(text.ok(), text.error().message);
    Result<Toml> parsed = parse_toml(*text, "made");
    REQUIRE_MESSAGE(parsed.ok(), *text);
    return *parsed;
}

}  // namespace standalone_test

using namespace standalone_test;

TEST_CASE("standalone manifests: what is inherited is written out") {
    const Toml made = flat(R"(
[package]
name = "a"
version.workspace = true
license-file.workspace = true
[dependencies]
serde = { workspace = true, features = ["derive"], optional = true }
plain.workspace = true
own = "3"
[target.'cfg(unix)'.dev-dependencies]
near = { workspace = true }
[lints]
workspace = true
)");
    CHECK(made.find_path("package.version")->string() == "1.2.3");
    CHECK(made.find_path("package.license-file")->string() == "../LICENSE");
    CHECK(made.find_path("dependencies.serde.version")->string() == "1");
    CHECK(made.find_path("dependencies.serde.features")->string_list() == std::vector<std::string>{"std", "derive"});
    CHECK(made.find_path("dependencies.serde.optional")->boolean());
    CHECK_FALSE(made.find_path("dependencies.serde.default-features")->boolean());
    CHECK(made.find_path("dependencies.plain.version")->string() == "2");
    CHECK(made.find_path("dependencies.own")->string() == "3");
    const Toml* unix_only = made.find("target")->find("cfg(unix)");
    REQUIRE(unix_only != nullptr);
    CHECK(unix_only->find_path("dev-dependencies.near.path")->string() == "../near");
    CHECK(made.find_path("lints.rust.unsafe_code")->string() == "forbid");
}

TEST_CASE("standalone manifests: one that inherits nothing stays as it is") {
    const std::string text = "# comment\n[package]\nname = \"a\"\n[features]\nworkspace = []\n";
    MemoryFiles files;
    files.files = {{"/g/Cargo.toml", k_root}, {"/g/a/Cargo.toml", text}};
    CHECK(*standalone_manifest(files, "/g/a", "/g") == text);
}

TEST_CASE("standalone manifests: what the workspace does not define, or no workspace, is an error") {
    MemoryFiles files;
    files.files = {{"/g/Cargo.toml", k_root}, {"/g/a/Cargo.toml", "[package]\nedition.workspace = true\n"}};
    CHECK(contains(standalone_manifest(files, "/g/a", "/g").error().message, "workspace.package.edition"));
    CHECK_FALSE(standalone_manifest(files, "/g/a", "/g/a").ok());
}

TEST_CASE("standalone manifests: documents as text") {
    const std::string text = R"(top = "a \"quoted\" \\ text"
n = -3
f = 1.5
whole = 2.0
yes = true
list = ["a", { b = 1 }]

["odd key"]
x = "ü"

[[bin]]
name = "one"

[[bin]]
name = "two"

[bin.deep]
)";
    Result<Toml> document = parse_toml(text.substr(0, text.find("[bin.deep]")), "a");
    REQUIRE(document.ok());
    Result<Toml> again = parse_toml(toml_text(*document), "b");
    REQUIRE_MESSAGE(again.ok(), toml_text(*document));
    CHECK(again->to_json() == document->to_json());
    CHECK(toml_text(*again) == toml_text(*document));
}

}  // namespace cermet::rust

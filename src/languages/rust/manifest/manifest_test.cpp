// Tests of manifests: cfg expressions, targets, dependencies, features, and errors that name the line.
// SPDX-License-Identifier: MIT
#include "languages/rust/manifest/manifest.h"

#include <doctest/doctest.h>

#include "languages/rust/workspace/workspace.h"

namespace cermet::rust {

namespace {

Result<PackagePtr> read(MemoryFiles& files, const std::string& text) {
    files.files["/cermet/ws/Cargo.toml"] = text;
    Result<Toml> document = parse_manifest_file(files, "/cermet/ws/Cargo.toml");
    if (!document) return std::move(document).error();
    ManifestContext context;
    context.source = path_source("/cermet/ws");
    return read_manifest(files, "/cermet/ws/Cargo.toml", *document, context);
}

const std::string k_head = "[package]\nname = \"x-y\"\nversion = \"1.2.3\"\nedition = \"2021\"\n";

}  // namespace

TEST_CASE("M14 cfg expressions") {
    std::vector<Cfg> cfgs = parse_cfgs("unix\ntarget_os=\"linux\"\ntarget_feature=\"sse\"\ntarget_feature=\"sse2\"\n");
    CHECK(cfgs.size() == 4);
    auto holds = [&](const char* text) { return parse_platform(text)->matches("x86_64-unknown-linux-gnu", cfgs); };
    CHECK(holds("cfg(unix)"));
    CHECK(holds("cfg(all(unix, target_os = \"linux\",))"));
    CHECK(holds("cfg(any(windows, target_feature=\"sse2\"))"));
    CHECK(holds("cfg(not(windows))"));
    CHECK(holds("cfg(all())"));
    CHECK(holds("cfg(true)"));
    CHECK(holds("x86_64-unknown-linux-gnu"));
    CHECK_FALSE(holds("cfg(any())"));
    CHECK_FALSE(holds("cfg(false)"));
    CHECK_FALSE(holds("cfg(r#true)"));
    CHECK_FALSE(holds("aarch64-apple-darwin"));
    for (const char* bad :
         {"cfg(", "cfg()", "cfg(not())", "cfg(not(a,b))", "cfg(a=b)", "cfg(a b)", "a b", "cfg(a=\"b)"})
        CHECK_FALSE(parse_platform(bad).ok());
    std::string deep = "cfg(";
    for (int i = 0; i < 5000; ++i) deep += "not(";
    CHECK_FALSE(parse_platform(deep + ")").ok());
    CHECK(parse_platform("cfg(all(unix,not(a=\"b\")))")->canonical() == "cfg(all(unix, not(a = \"b\")))");
}

TEST_CASE("M5 M6 M7 targets are found") {
    MemoryFiles files;
    for (const char* path :
         {"src/lib.rs", "src/main.rs", "src/bin/one.rs", "src/bin/two/main.rs", "src/bin/.no.rs", "build.rs"})
        files.files[std::string("/cermet/ws/") + path] = "";
    PackagePtr package = *read(files, k_head);
    std::vector<std::string> names;
    for (const Target& target : package->targets) names.push_back(target.name);
    CHECK(names == std::vector<std::string>{"x_y", "one", "two", "x-y", "build-script-build"});
    CHECK(package->build_script()->crate_name == "build_script_build");
    CHECK(package->library()->crate_types == std::vector<std::string>{"lib"});
}

TEST_CASE("M15 implicit features and values") {
    MemoryFiles files;
    files.files["/cermet/ws/src/lib.rs"] = "";
    PackagePtr package =
        *read(files, k_head +
                         "[dependencies]\na = { version = \"1\", optional = true }\n"
                         "b = { version = \"1\", optional = true }\n[features]\nf = [\"dep:b\", \"a?/z\"]\n");
    CHECK(package->features.count("a") == 1);
    CHECK(package->features.count("b") == 0);
    CHECK(package->features.at("f")[1].weak);
    CHECK(package->features.at("a")[0].text() == "dep:a");
}

TEST_CASE("M27 lints in cargo's order") {
    MemoryFiles files;
    files.files["/cermet/ws/src/lib.rs"] = "";
    PackagePtr package =
        *read(files, k_head +
                         "[lints.rust]\nunsafe_code = \"deny\"\nunused = { level = \"warn\", priority = -1 }\n"
                         "unexpected_cfgs = { level = \"warn\", check-cfg = [\"cfg(x)\"] }\n"
                         "[lints.clippy]\nall = \"allow\"\n[lints.cargo]\nx = \"warn\"\n");
    CHECK(package->lint_flags == std::vector<std::string>{"--warn=unused", "--deny=unsafe_code",
                                                          "--warn=unexpected_cfgs", "--allow=clippy::all",
                                                          "--check-cfg", "cfg(x)"});
}

TEST_CASE("errors name the line") {
    struct Case {
        const char* text;
        int line;
    };
    MemoryFiles files;
    files.files["/cermet/ws/src/lib.rs"] = "";
    for (const Case& one :
         {Case{"[dependencies]\na = { version = \"1\", artifact = \"bin\" }\n", 6}, Case{"[dependencies]\na = 3\n", 6},
          Case{"[dependencies]\na = \"y\"\n", 6}, Case{"[dependencies]\na = { git = \"u\", path = \"p\" }\n", 6},
          Case{"[lib]\ncrate-type = [\"proc-macro\", \"lib\"]\n", 5}, Case{"[[bin]]\nname = \"gone\"\n", 5},
          Case{"[features]\na = [\"b\"]\n", 6}, Case{"[target.'cfg(a'.dependencies]\n", 5},
          Case{"[dev-dependencies]\na = { version = \"1\", optional = true }\n", 6}}) {
        CAPTURE(std::string(one.text));
        Result<PackagePtr> result = read(files, k_head + one.text);
        REQUIRE_FALSE(result.ok());
        CHECK(result.error().where.line == one.line);
        CHECK(result.error().where.file == "/cermet/ws/Cargo.toml");
    }
}

TEST_CASE("M18 a member finds its root") {
    MemoryFiles files;
    files.files["/cermet/ws/Cargo.toml"] = "[workspace]\nmembers = [\"crates/*\"]\nresolver = \"2\"\n";
    files.files["/cermet/ws/crates/a/Cargo.toml"] = "[package]\nname = \"a\"\n";
    files.files["/cermet/ws/crates/a/src/lib.rs"] = "";
    CargoConfig config;
    Result<Workspace> workspace = load_workspace(files, "/cermet/ws/crates/a/Cargo.toml", config);
    REQUIRE(workspace.ok());
    CHECK(workspace->root_directory == "/cermet/ws");
    CHECK(workspace->resolver == 2);
    CHECK(workspace->current == std::optional<std::size_t>(0));
    CHECK(workspace->default_members == std::vector<std::size_t>{0});
    files.files["/cermet/ws/stray/Cargo.toml"] = "[package]\nname = \"stray\"\n";
    files.files["/cermet/ws/stray/src/lib.rs"] = "";
    CHECK_FALSE(load_workspace(files, "/cermet/ws/stray/Cargo.toml", config).ok());
}

TEST_CASE("M1 M4 M5 M8 M15 what cargo refuses is refused, at its line") {
    MemoryFiles files;
    files.files["/cermet/ws/src/lib.rs"] = "";
    files.files["/cermet/ws/src/b.rs"] = "";
    const auto line_of = [&](const std::string& text) {
        Result<PackagePtr> package = read(files, text);
        return package.ok() ? 0 : static_cast<int>(package.error().where.line);
    };
    const std::string newest = "[package]\nname = \"x\"\nedition = \"2024\"\n";
    CHECK(line_of(newest) == 0);
    CHECK(line_of("[package]\nname = \"1a\"\n") == 2);
    CHECK(line_of("[package]\nname = \"a b\"\n") == 2);
    CHECK(line_of("[package]\nname = \"_a-9\"\n") == 0);
    CHECK(line_of("[project]\nname = \"x\"\nedition = \"2024\"\n") > 0);
    CHECK(line_of(newest + "rust-version = \"1.84\"\n") == 4);
    CHECK(line_of(newest + "rust-version = \"1.85\"\n") == 0);
    CHECK(line_of(newest + "default-run = \"gone\"\n") == 4);
    CHECK(line_of(newest + "workspace = \"..\"\n[workspace]\n") == 4);
    for (const char* old :
         {"[lib]\ncrate_type = [\"lib\"]\n", "[lib]\nproc_macro = true\n", "[dev_dependencies]\n\n",
          "[build_dependencies]\n\n", "[dependencies]\na = { version = \"1\", default_features = false }\n"}) {
        CHECK(line_of(newest + old) > 0);
        CHECK(line_of(k_head + old) == 0);
    }
    for (const char* name : {"dep:a", "a/b", "+a", "a b", ".a"})
        CHECK(line_of(k_head + "[features]\n\"" + name + "\" = []\n") == 6);
    for (const char* name : {"1a", "a.b", "a+b-c_d", "_"})
        CHECK(line_of(k_head + "[features]\n\"" + name + "\" = []\n") == 0);
    for (const char* table :
         {"name = \"deps\"", "name = \"b\"\ncrate-type = [\"cdylib\"]", "name = \"b\"\nproc-macro = true"})
        CHECK(line_of(k_head + "[[bin]]\npath = \"src/b.rs\"\n" + table + "\n") > 0);
    for (const char* entry : {"{ version = \"1\", branch = \"b\" }", "{ git = \"https://g\", registry = \"r\" }",
                              "{ version = \"1\", registry = \"r\", registry-index = \"https://r\" }"})
        CHECK(line_of(k_head + "[dependencies]\na = " + entry + "\n") == 6);
    CHECK((*read(files, k_head + "[lib]\nproc-macro = true\ncrate-type = [\"cdylib\"]\n"))->library()->crate_types ==
          std::vector<std::string>{"cdylib"});
}

}  // namespace cermet::rust

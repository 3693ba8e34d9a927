// Tests of cargo's configuration: merging, environment and rustflags.
// SPDX-License-Identifier: MIT
#include "languages/rust/config/config.h"

#include <doctest/doctest.h>

namespace cermet::rust {

TEST_CASE("L13 deeper files win, arrays join") {
    MemoryFiles files;
    files.files["/h/.cargo/config.toml"] = "[build]\nrustflags = [\"-Ca\"]\ntarget-dir = \"t\"\n[env]\nW = \"home\"\n";
    files.files["/h/p/.cargo/config.toml"] =
        "[build]\nrustflags = [\"-Cb\"]\n[env]\nX = { value = \"d\", relative = true, force = true }\n"
        "[target.x86_64-unknown-linux-gnu]\nlinker = \"bin/ld\"\n";
    ConfigRequest request;
    request.directories = {"/h/p"};
    request.cargo_home = "/h/.cargo";
    CargoConfig config = *load_config(files, request);
    CHECK(*rustflags_for(config, "x86_64-unknown-linux-gnu", {}) == std::vector<std::string>{"-Ca", "-Cb"});
    CHECK(config.target_directory == "/h/t");
    CHECK(config.env["X"].value == "/h/p/d");
    CHECK(config.env["X"].force);
    CHECK(*linker_for(config, "x86_64-unknown-linux-gnu", {}) == "/h/p/bin/ld");
}

TEST_CASE("L14 one source of rustflags only") {
    MemoryFiles files;
    files.files["/p/.cargo/config.toml"] =
        "[build]\nrustflags = [\"-Cb\"]\n[target.'cfg(unix)']\nrustflags = [\"-Cu\"]\n";
    ConfigRequest request;
    request.directories = {"/p"};
    CargoConfig config = *load_config(files, request);
    CHECK(*rustflags_for(config, "t", parse_cfgs("unix")) == std::vector<std::string>{"-Cu"});
    CHECK(*rustflags_for(config, "t", {}) == std::vector<std::string>{"-Cb"});
    request.environment["RUSTFLAGS"] = " -Cx  -Cy ";
    config = *load_config(files, request);
    CHECK(*rustflags_for(config, "t", parse_cfgs("unix")) == std::vector<std::string>{"-Cx", "-Cy"});
    request.environment["CARGO_ENCODED_RUSTFLAGS"] = "-Ca b\x1f-Cc";
    config = *load_config(files, request);
    CHECK(*rustflags_for(config, "t", {}) == std::vector<std::string>{"-Ca b", "-Cc"});
}

TEST_CASE("L13 tables, lists and texts are not joined with each other") {
    MemoryFiles files;
    files.files["/h/.cargo/config.toml"] = "[build]\nrustflags = \"-Ca\"\n";
    files.files["/h/p/.cargo/config.toml"] = "[build]\nrustflags = [\"-Cb\"]\n";
    ConfigRequest request;
    request.directories = {"/h/p", "/h"};
    Result<CargoConfig> config = load_config(files, request);
    REQUIRE(!config.ok());
    CHECK(config.error().where.file == "/h/p/.cargo/config.toml");
    CHECK(config.error().where.line == 2);
    files.files["/h/p/.cargo/config.toml"] = "[build]\nrustflags = \"-Cb  -Cc\"\n";  // a text goes before another
    CHECK(*rustflags_for(*load_config(files, request), "t", {}) == std::vector<std::string>{"-Cb", "-Cc"});
}

TEST_CASE("L13 --config goes before the environment, and says one value") {
    MemoryFiles files;
    files.files["/p/.cargo/config.toml"] = "[build]\ntarget = \"file\"\n";
    files.files["/p/more.toml"] = "[build]\ntarget = \"more\"\n";
    ConfigRequest request;
    request.directories = {"/p"};
    request.cwd = "/p";
    request.environment["CARGO_BUILD_TARGET"] = "variable";
    CHECK(load_config(files, request)->build_target == "variable");
    request.overrides = {"more.toml"};
    CHECK(load_config(files, request)->build_target == "more");
    request.overrides.push_back("build.target = 'said'");
    CHECK(load_config(files, request)->build_target == "said");
    for (const char* wrong :
         {"build = { target = 'x' }", "[build]", "build.jobs = 1\nbuild.target = 'x'", "build", ""}) {
        request.overrides = {wrong};
        CHECK_FALSE(load_config(files, request).ok());
    }
}

TEST_CASE("L15 a list of targets has one") {
    MemoryFiles files;
    files.files["/p/.cargo/config.toml"] = "[build]\ntarget = [\"one\"]\n";
    ConfigRequest request;
    request.directories = {"/p"};
    CHECK(load_config(files, request)->build_target == "one");
    files.files["/p/.cargo/config.toml"] = "[build]\ntarget = [\"one\", \"two\"]\n";
    CHECK(load_config(files, request).error().where.line == 2);
}

TEST_CASE("a value's place") {
    MemoryFiles files;
    files.files["/h/.cargo/config.toml"] = "[build]\njobs = 2\ntarget-dir = \"t\"\n";
    files.files["/h/p/.cargo/config.toml"] = "[build]\n\njobs = 3\n";
    ConfigRequest request;
    request.directories = {"/h/p", "/h"};
    CargoConfig config = *load_config(files, request);
    CHECK(config.where("build.jobs").file == "/h/p/.cargo/config.toml");
    CHECK(config.where("build.jobs").line == 3);
    CHECK(config.where("build.target-dir").file == "/h/.cargo/config.toml");
    CHECK(config.where("build.rustc").file.empty());
    request.environment["CARGO_BUILD_JOBS"] = "4";
    CHECK(load_config(files, request)->where("build.jobs").file == "CARGO_BUILD_JOBS");
}

TEST_CASE("L11 M21 what would silently be another build is refused where it is written") {
    MemoryFiles files;
    ConfigRequest request;
    request.directories = {"/p"};
    files.files["/p/.cargo/config.toml"] = "paths = [\"mine\"]\n";
    CHECK(load_config(files, request).error().where.line == 1);
    files.files["/p/.cargo/config.toml"] =
        "[source.other]\nregistry = \"https://github.com/rust-lang/crates.io-index\"\nreplace-with = \"here\"\n";
    CHECK(load_config(files, request).error().where.line == 2);
}

}  // namespace cermet::rust

// Tests of cargo's configuration: merging, environment and rustflags.
// SPDX-License-Identifier: MIT
#include "languages/rust/config/config.h"

#include <doctest/doctest.h>

namespace cermet::rust {

TEST_CASE("L13 deeper files win, arrays join") {
    MemoryFiles files;
    files.files["/h/.cargo/config.toml"] = "[build]\nrustflags = \"-Ca\"\ntarget-dir = \"t\"\n[env]\nX = \"home\"\n";
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

}  // namespace cermet::rust

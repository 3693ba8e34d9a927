// Tests of build-script directives and dep-info files.
// SPDX-License-Identifier: MIT
#include "languages/rust/command/directives.h"

#include <doctest/doctest.h>

namespace cermet::rust {

TEST_CASE("B7 both syntaxes") {
    DirectiveContext context;
    context.package = "x v1.0.0";
    context.has_bins = true;
    context.bin_names = {"tool"};
    ScriptOutput out = *parse_directives(
        "noise\n cargo:rustc-link-search=native=/o/lib \ncargo::rustc-link-lib=static=z\n"
        "cargo:rustc-cfg=a\ncargo::rustc-check-cfg=cfg(a)\ncargo:rustc-env=K=v=w\n"
        "cargo:root=/o\ncargo::metadata=include=/i\ncargo:error=old is metadata\n"
        "cargo:rustc-flags=-l m -L/q\ncargo:rerun-if-changed=a b\n"
        "cargo:rustc-link-arg-bin=tool=-s\n\xff\xfe\ncargo:warning=w\n",
        context);
    CHECK(out.link_paths == std::vector<std::string>{"native=/o/lib", "/q"});
    CHECK(out.link_libs == std::vector<std::string>{"static=z", "m"});
    CHECK(out.env[0] == std::pair<std::string, std::string>{"K", "v=w"});
    CHECK(out.metadata[0] == std::pair<std::string, std::string>{"root", "/o"});
    CHECK(out.metadata[1] == std::pair<std::string, std::string>{"include", "/i"});
    CHECK(out.metadata[2].first == "error");
    CHECK(out.rerun_if_changed == std::vector<std::string>{"a b"});
    CHECK(out.link_args[0].bin == "tool");
    CHECK(ScriptOutput::from_json(out.to_json())->to_json() == out.to_json());
}

TEST_CASE("B7 B8 B9 what is refused") {
    DirectiveContext context;
    context.package = "x v1.0.0";
    for (const char* bad :
         {"cargo::nonsense=1", "cargo::rustc-cfg", "cargo:rustc-link-arg-bins=-s", "cargo:rustc-link-arg-bin=a=-s",
          "cargo:rustc-flags=-x", "cargo:rustc-env=K", "cargo:rustc-env=RUSTC_BOOTSTRAP=1", "cargo:rustc-flags=-l"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_directives(bad, context).ok());
    }
    context.rust_version = "1.60";
    CHECK_FALSE(parse_directives("cargo::rustc-cfg=a", context).ok());
    CHECK(parse_directives("cargo:rustc-cfg=a", context).ok());
    CHECK(parse_directives("cargo::error=no", DirectiveContext{})->errors.size() == 1);
}

TEST_CASE("R5 dep-info with spaces and env-dep") {
    DepInfo info = *parse_dep_info(
        "/o/x.d: src/lib.rs src/a\\ b.rs\n\n/o/libx.rlib: src/lib.rs src/a\\ b.rs\n\nsrc/lib.rs:\n"
        "src/a\\ b.rs:\n\n# env-dep:OUT_DIR=/o\\\\q\n# env-dep:MISSING\n",
        "x.d");
    CHECK(info.files == std::vector<std::string>{"src/lib.rs", "src/a b.rs"});
    REQUIRE(info.env.size() == 2);
    CHECK(*info.env[0].second == "/o\\q");
    CHECK_FALSE(info.env[1].second.has_value());
    CHECK_FALSE(parse_dep_info("garbage", "x.d").ok());
}

}  // namespace cermet::rust

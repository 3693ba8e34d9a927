// Tests of the depfile parsers.
// SPDX-License-Identifier: MIT
#include "exec/depfile.h"

#include <doctest/doctest.h>

namespace cermet {
using Names = std::vector<std::string>;

TEST_CASE("depfile: what gcc writes") {
    auto names = exec::parse_depfile(
        "/o/a.o: /ws/a.c /usr/include/stdio.h \\\n /ws/my\\ dir/b.h a$$b.h c\\#d.h\n"
        "/ws/my\\ dir/b.h:\n\na$$b.h:\n",
        "a.d");
    REQUIRE(names.ok());
    CHECK(*names == Names{"/ws/a.c", "/usr/include/stdio.h", "/ws/my dir/b.h", "a$b.h", "c#d.h"});
}

TEST_CASE("depfile: odd shapes") {
    CHECK(*exec::parse_depfile("", "d") == Names{});
    CHECK(*exec::parse_depfile("a.o:", "d") == Names{});
    CHECK(*exec::parse_depfile("a.o b.o : x y", "d") == Names{"x", "y"});
    CHECK(*exec::parse_depfile("a.o: x\\\\\\ y z\\w", "d") == Names{"x\\ y", "z\\w"});
    CHECK(*exec::parse_depfile("a.o: x\\\r\n y\r\n", "d") == Names{"x", "y"});
    CHECK(*exec::parse_depfile("a.o: x x y x\nb.o: y z\n", "d") == Names{"x", "y", "z"});
    CHECK(!exec::parse_depfile("no rule at all\n", "d").ok());
    CHECK(exec::parse_depfile("a:b\\", "d").ok() == false);
}

TEST_CASE("dep-info: files and environment") {
    auto info = exec::parse_dep_info(
        "/out/libx.rlib: src/lib.rs src/my\\ file.rs /out/gen/a.rs\n\n"
        "/out/x.d: src/lib.rs\n\nsrc/lib.rs:\nsrc/my\\ file.rs:\n\n"
        "# env-dep:CARGO_PKG_NAME=x\n# env-dep:UNSET\n# env-dep:TEXT=a\\nb\\\\c=d\n",
        "x.d");
    REQUIRE(info.ok());
    CHECK(info->files == Names{"src/lib.rs", "src/my file.rs", "/out/gen/a.rs"});
    REQUIRE(info->environment.size() == 3);
    CHECK(info->environment[0].second == "x");
    CHECK(info->environment[1].first == "UNSET");
    CHECK(!info->environment[1].second.has_value());
    CHECK(info->environment[2].second == "a\nb\\c=d");
    CHECK(!exec::parse_dep_info("garbage\n", "x.d").ok());
}

}  // namespace cermet

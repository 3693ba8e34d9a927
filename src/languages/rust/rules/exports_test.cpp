// Tests of the linker that puts a declared list of exports in place of rustc's.
// SPDX-License-Identifier: MIT
#include "languages/rust/rules/exports.h"

#include <doctest/doctest.h>

#include "base/text.h"

namespace cermet::rust {

TEST_CASE("the linker that rustc would start: its flags win over the configuration, the last one counts") {
    TargetInfo target;
    CHECK(linker_of(target) == "cc");
    target.linker = "/usr/bin/clang";
    CHECK(linker_of(target) == "/usr/bin/clang");
    target.rustflags = {"-C", "linker=gcc-12", "-Copt-level=2"};
    CHECK(linker_of(target) == "gcc-12");
    target.rustflags = {"-C", "linker=gcc-12", "-Clinker=gcc-13", "linker=no"};
    CHECK(linker_of(target) == "gcc-13");
}

TEST_CASE("a list of exports names no symbol literally, as linkers refuse those that are undefined") {
    std::vector<exec::StagedFile> files = export_linker("/opt/llvm/bin/clang", {"PyInit_a", "my_*"});
    REQUIRE(files.size() == 2);
    CHECK(files[0].path == "clang");
    CHECK(files[0].executable);
    CHECK(files[1].bytes == "{\n  global:\n    [P]yInit_a;\n    my_*;\n  local: *;\n};\n");
}

TEST_CASE("another list has another directory, and the step keeps its name") {
    CrateRequest request;
    request.exports = {"PyInit_a"};
    std::string one = label_with_exports("py-part-1a2b3c4d", request);
    CHECK(one.substr(0, 8) == "py-part-");
    CHECK(one.size() == std::string("py-part-1a2b3c4d").size());
    request.exports = {"PyInit_b"};
    CHECK(label_with_exports("py-part-1a2b3c4d", request) != one);
    CHECK(label_with_exports("py-part-00000000", request) != label_with_exports("py-part-1a2b3c4d", request));
}

TEST_CASE("without a list the link is as rustc does it") {
    exec::Action action;
    action.argv = {"rustc"};
    apply(action, RootLink());
    CHECK(action.argv == std::vector<std::string>{"rustc"});
    RootLink link;
    link.arguments = {"-Wl,-soname,libx.so"};
    link.linker = "/cermet/out/linker-x/cc";
    link.real_linker = "cc";
    apply(action, link);
    CHECK(join(action.argv, " ") == "rustc -C link-arg=-Wl,-soname,libx.so -C linker=/cermet/out/linker-x/cc");
    CHECK(action.env["CERMET_LINKER"] == "cc");
}

}  // namespace cermet::rust

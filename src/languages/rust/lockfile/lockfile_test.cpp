// Tests of versions, requirements, sources and lock files.
// SPDX-License-Identifier: MIT
#include "languages/rust/lockfile/lockfile.h"

#include <doctest/doctest.h>

#include "languages/rust/lockfile/semver.h"

namespace cermet::rust {

namespace {

bool fits(const char* requirement, const char* version) {
    return parse_version_req(requirement)->matches(*parse_version(version));
}

}  // namespace

TEST_CASE("M12 requirements follow cargo's rules") {
    CHECK(fits("1.2", "1.9.0"));
    CHECK_FALSE(fits("1.2", "2.0.0"));
    CHECK(fits("0.2.3", "0.2.9"));
    CHECK_FALSE(fits("0.2.3", "0.3.0"));
    CHECK_FALSE(fits("0.0.3", "0.0.4"));
    CHECK(fits("0", "0.9.1"));
    CHECK(fits("~1.2.3", "1.2.9"));
    CHECK_FALSE(fits("~1.2.3", "1.3.0"));
    CHECK(fits("1.*", "1.7.0"));
    CHECK(fits(">=1.2, <1.5", "1.4.9"));
    CHECK_FALSE(fits(">=1.2, <1.5", "1.5.0"));
    CHECK(fits(">1", "2.0.0"));
    CHECK_FALSE(fits(">1", "1.5.0"));
    CHECK(fits("=1.2.3", "1.2.3+build"));
    CHECK(fits("*", "0.0.1"));
    CHECK_FALSE(fits("*", "1.0.0-rc.1"));
    CHECK(fits("1.0.0-rc.1", "1.0.0-rc.2"));
    CHECK_FALSE(fits("1.0.0-rc.1", "1.1.0-rc.2"));
    CHECK(parse_version_req("^1.2, <1.5")->text() == "^1.2, <1.5");
    for (const char* bad : {"", "a", "1.2.3.4", "1.01.0", "1..2", ">", "1.*.2", "1 2"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_version_req(bad).has_value());
    }
}

TEST_CASE("versions are ordered as SemVer says") {
    const char* ordered[] = {
        "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
        "1.0.0",       "1.0.1",         "1.10.0",           "2.0.0"};
    for (std::size_t i = 1; i < std::size(ordered); ++i)
        CHECK(compare_versions(*parse_version(ordered[i - 1]), *parse_version(ordered[i])) < 0);
    CHECK_FALSE(parse_version("1.2").has_value());
    CHECK_FALSE(parse_version("01.2.3").has_value());
    CHECK_FALSE(parse_version("1.2.3-").has_value());
}

TEST_CASE("L2 sources") {
    CHECK(parse_source_id("registry+https://github.com/rust-lang/crates.io-index")->is_crates_io());
    CHECK(*parse_source_id("sparse+https://index.crates.io/") == crates_io_source());
    SourceId git = *parse_source_id("git+https://e.org/x.git?branch=a%2Fb#0123456789012345678901234567890123456789");
    CHECK(git.reference == "branch=a/b");
    CHECK(git.revision.size() == 40);
    CHECK(git.text() == "git+https://e.org/x.git?branch=a%2Fb#0123456789012345678901234567890123456789");
    CHECK(git.same_origin(*parse_source_id("git+https://e.org/x?branch=a/b")));
    CHECK_FALSE(parse_source_id("hg+https://e.org/x").ok());
}

TEST_CASE("L1 versions 1 to 4") {
    std::string v4 = R"(version = 4
[[package]]
name = "a"
version = "0.1.0"
dependencies = ["b 1.0.0", "b 2.0.0", "c"]
[[package]]
name = "b"
version = "1.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "11"
[[package]]
name = "b"
version = "2.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
[[package]]
name = "c"
version = "0.1.0"
)";
    Lockfile lock = *parse_lockfile(v4, "Cargo.lock");
    CHECK(lock.version == 4);
    CHECK(lock.packages[0].dependencies == std::vector<std::size_t>{1, 2, 3});
    CHECK_FALSE(lock.packages[3].source.has_value());
    std::string v1 = R"lock([[package]]
name = "a"
version = "0.1.0"
dependencies = ["b 1.0.0 (registry+https://github.com/rust-lang/crates.io-index)"]
[[package]]
name = "b"
version = "1.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
[metadata]
"checksum b 1.0.0 (registry+https://github.com/rust-lang/crates.io-index)" = "22"
)lock";
    lock = *parse_lockfile(v1, "Cargo.lock");
    CHECK(lock.version == 1);
    CHECK(lock.packages[1].checksum == "22");
    Result<Lockfile> future = parse_lockfile("version = 9\n", "Cargo.lock");
    REQUIRE_FALSE(future.ok());
    CHECK(future.error().where.line == 1);
    CHECK_FALSE(parse_lockfile("[[package]]\nname='a'\nversion='1.0.0'\ndependencies=['zz']\n", "Cargo.lock").ok());
}

}  // namespace cermet::rust

// Versions and version requirements as cargo reads them (SemVer 2.0, cargo's caret, tilde, wildcard and comparison rules).
// SPDX-License-Identifier: MIT
//
// Pure values. Build metadata takes part in ==, never in the order of requirements. A requirement admits a pre-release
// only when one of its comparators names a pre-release of the same x.y.z. Source: cargo book, "Specifying Dependencies".
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cermet::rust {

struct Version {
    std::uint64_t major = 0;
    std::uint64_t minor = 0;
    std::uint64_t patch = 0;
    std::string pre;    // "alpha.1" or ""
    std::string build;  // after "+", or ""

    std::string text() const;
    bool operator==(const Version&) const = default;
};

std::optional<Version> parse_version(std::string_view text);
// <0, 0, >0; build metadata breaks ties so that the order is total.
int compare_versions(const Version& a, const Version& b);

enum class Comparison { Exact, Greater, GreaterEqual, Less, LessEqual, Tilde, Caret, Wildcard };

struct Comparator {
    Comparison op = Comparison::Caret;
    std::uint64_t major = 0;
    std::optional<std::uint64_t> minor;
    std::optional<std::uint64_t> patch;
    std::string pre;
};

struct VersionReq {
    std::vector<Comparator> comparators;  // empty: any version ("*")

    bool matches(const Version& version) const;
    std::string text() const;  // as `cargo metadata` prints it: "^1.2, <1.5"
};

std::optional<VersionReq> parse_version_req(std::string_view text);
// rust-version = "1.70": 1 to 3 numbers, no operators, no pre-release.
std::optional<Version> parse_rust_version(std::string_view text);

}  // namespace cermet::rust

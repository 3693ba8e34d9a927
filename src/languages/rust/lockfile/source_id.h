// SourceId: where a package comes from, in the spelling of Cargo.lock; and PackageId: name, version and source.
// SPDX-License-Identifier: MIT
//
// Pure values. crates.io is always "registry+https://github.com/rust-lang/crates.io-index", however it is reached.
// Path packages carry their canonical directory, which Cargo.lock leaves out.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace cermet::rust {

enum class SourceIdKind { Path, Registry, Git };

struct SourceId {
    SourceIdKind kind = SourceIdKind::Path;
    std::string url;  // Path: canonical directory; Registry: "registry+https://…" or "sparse+https://…/"; Git: URL
    std::string reference;  // Git: "", "branch=x", "tag=x" or "rev=x"
    std::string revision;   // Git: 40 hex digits once locked

    bool is_path() const { return kind == SourceIdKind::Path; }
    bool is_registry() const { return kind == SourceIdKind::Registry; }
    bool is_git() const { return kind == SourceIdKind::Git; }
    bool is_crates_io() const;
    std::string text() const;                       // Cargo.lock's text; "path+<directory>" for path packages
    std::string identity() const;                   // text() without a revision's fragment: what a declaration can know
    bool same_origin(const SourceId& other) const;  // equal but for the locked revision; URLs compared canonically
    bool operator==(const SourceId&) const = default;
};

SourceId crates_io_source();
SourceId path_source(std::string directory);
// From Cargo.lock's `source`; fails on kinds it does not know.
Result<SourceId> parse_source_id(std::string_view text);
// cargo's canonical form of a URL: no trailing slash or ".git", lower-case for github.com.
std::string canonical_url(std::string_view url);

struct PackageId {
    std::string name;
    std::string version;
    SourceId source;

    std::string text() const;  // "serde 1.0.2 (registry+https://…)", unique within one workspace
    bool operator==(const PackageId&) const = default;
};
bool operator<(const PackageId& a, const PackageId& b);  // cargo's order: name, version, source

}  // namespace cermet::rust

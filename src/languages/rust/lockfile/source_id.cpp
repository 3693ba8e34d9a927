// Source ids: reading, canonical comparison and cargo's order of package ids.
// SPDX-License-Identifier: MIT
#include "languages/rust/lockfile/source_id.h"

#include "base/text.h"
#include "languages/rust/lockfile/semver.h"

namespace cermet::rust {

namespace source_id_detail {

constexpr std::string_view k_crates_io = "registry+https://github.com/rust-lang/crates.io-index";
constexpr std::string_view k_crates_io_sparse = "sparse+https://index.crates.io/";

std::string percent_decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string byte;
        if (text[i] == '%' && i + 2 < text.size() && unhex(text.substr(i + 1, 2), byte)) {
            out += byte;
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

// Cargo.lock version 4 encodes git references like an HTML form does.
std::string percent_encode(std::string_view text) {
    static constexpr char k_hex[] = "0123456789ABCDEF";
    std::string out;
    for (char c : text) {
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                     c == '_' || c == '.' || c == '*';
        if (plain) {
            out += c;
        } else {
            auto byte = static_cast<unsigned char>(c);
            out += {'%', k_hex[byte >> 4], k_hex[byte & 15]};
        }
    }
    return out;
}

std::string encoded_reference(const std::string& reference) {
    std::size_t equals = reference.find('=');
    if (equals == std::string::npos) return reference;
    return reference.substr(0, equals + 1) + percent_encode(reference.substr(equals + 1));
}

}  // namespace source_id_detail

bool SourceId::is_crates_io() const {
    return kind == SourceIdKind::Registry &&
           (url == source_id_detail::k_crates_io || url == source_id_detail::k_crates_io_sparse);
}

std::string SourceId::identity() const {
    switch (kind) {
        case SourceIdKind::Path: return "path+" + url;
        case SourceIdKind::Registry: return is_crates_io() ? std::string(source_id_detail::k_crates_io) : url;
        case SourceIdKind::Git:
            return cat("git+", url, reference.empty() ? "" : "?", source_id_detail::encoded_reference(reference));
    }
    return url;
}

std::string SourceId::text() const {
    return kind == SourceIdKind::Git && !revision.empty() ? identity() + "#" + revision : identity();
}

std::string canonical_url(std::string_view url) {
    std::string out(url);
    while (out.ends_with('/')) out.pop_back();
    if (contains(out, "://github.com/")) out = lower(out);
    if (out.ends_with(".git")) out.resize(out.size() - 4);
    return out;
}

bool SourceId::same_origin(const SourceId& other) const {
    if (kind != other.kind) return false;
    if (kind == SourceIdKind::Git)
        return reference == other.reference && canonical_url(url) == canonical_url(other.url);
    return identity() == other.identity();
}

SourceId crates_io_source() {
    SourceId id;
    id.kind = SourceIdKind::Registry;
    id.url = std::string(source_id_detail::k_crates_io);
    return id;
}

SourceId path_source(std::string directory) {
    SourceId id;
    id.url = std::move(directory);
    return id;
}

Result<SourceId> parse_source_id(std::string_view text) {
    SourceId id;
    if (text.starts_with("registry+") || text.starts_with("sparse+")) {
        id.kind = SourceIdKind::Registry;
        id.url = std::string(text);
        if (id.is_crates_io()) id = crates_io_source();
        return id;
    }
    if (text.starts_with("path+")) return path_source(std::string(text.substr(5)));
    if (!text.starts_with("git+"))
        return project_error(cat("source \"", text, "\" is of a kind that is not known"),
                             "known kinds are registry+, sparse+, git+ and path+");
    id.kind = SourceIdKind::Git;
    text.remove_prefix(4);
    if (std::size_t hash = text.find('#'); hash != std::string_view::npos) {
        id.revision = std::string(text.substr(hash + 1));
        text = text.substr(0, hash);
    }
    if (std::size_t query = text.find('?'); query != std::string_view::npos) {
        for (const std::string& pair : split(text.substr(query + 1), '&'))
            if (pair.starts_with("branch=") || pair.starts_with("tag=") || pair.starts_with("rev="))
                id.reference = source_id_detail::percent_decode(pair);
        text = text.substr(0, query);
    }
    id.url = std::string(text);
    return id;
}

std::string PackageId::text() const { return cat(name, " ", version, " (", source.text(), ")"); }

bool operator<(const PackageId& a, const PackageId& b) {
    if (a.name != b.name) return a.name < b.name;
    if (a.version != b.version) {
        std::optional<Version> left = parse_version(a.version);
        std::optional<Version> right = parse_version(b.version);
        if (left && right) return compare_versions(*left, *right) < 0;
        return a.version < b.version;
    }
    return a.source.text() < b.source.text();
}

}  // namespace cermet::rust

// The index of a cargo registry: see registry.h.
// SPDX-License-Identifier: MIT
#include "fetch/registry.h"

#include "base/json.h"
#include "base/path.h"
#include "base/text.h"

namespace cermet::fetch {

namespace registry_detail {

constexpr std::string_view k_crates_io_git = "https://github.com/rust-lang/crates.io-index";
constexpr std::size_t k_longest_name = 64;

// crates.io's rule: what a registry serves is part of URLs and paths.
bool crate_name(std::string_view name) {
    if (name.empty() || name.size() > k_longest_name) return false;
    for (const char c : name) {
        const bool fine =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        if (!fine) return false;
    }
    return true;
}

// The directories of a crate's file: "1", "2", "3/a", "ab/cd".
std::string prefix_of(std::string_view name) {
    if (name.size() <= 2) return to_text(name.size());
    if (name.size() == 3) return cat("3/", name.substr(0, 1));
    return cat(name.substr(0, 2), "/", name.substr(2, 2));
}

}  // namespace registry_detail

std::string sparse_index_of(std::string_view source) {
    std::string url;
    if (source.starts_with("sparse+")) url = std::string(source.substr(7));
    if (source == cat("registry+", registry_detail::k_crates_io_git)) url = "https://index.crates.io/";
    if (!url.empty() && url.back() != '/') url += '/';
    return url.empty() ? url : "sparse+" + url;
}

Result<RegistryConfig> parse_registry_config(std::string_view text, std::string_view name) {
    TRY(json, parse_json(text, name));
    RegistryConfig config;
    config.download = json["dl"].string();
    config.auth_required = json["auth-required"].boolean();
    const bool known = config.download.starts_with("https://") || config.download.starts_with("http://") ||
                       config.download.starts_with("file://");
    if (known) return config;
    return project_error(cat(name, " names no URL for downloads: dl = ", json["dl"].dump()),
                         "is this address the index of a registry?");
}

Result<std::string> index_path(std::string_view crate) {
    if (!registry_detail::crate_name(crate)) return project_error(cat("no registry has a crate called '", crate, "'"));
    const std::string name = lower(crate);
    return cat(registry_detail::prefix_of(name), "/", name);
}

Result<std::string> download_url(const RegistryConfig& config, const RegistryCrate& crate) {
    if (!registry_detail::crate_name(crate.name)) {
        return project_error(cat("no registry has a crate called '", crate.name, "'"));
    }
    if (!contains(config.download, "{")) {
        return cat(config.download, config.download.ends_with("/") ? "" : "/", crate.name, "/", crate.version,
                   "/download");
    }
    std::string url = replace_all(config.download, "{crate}", crate.name);
    url = replace_all(url, "{version}", crate.version);
    url = replace_all(url, "{prefix}", registry_detail::prefix_of(crate.name));
    url = replace_all(url, "{lowerprefix}", registry_detail::prefix_of(lower(crate.name)));
    return replace_all(url, "{sha256-checksum}", crate.sha256);
}

std::optional<std::string> checksum_in_index(std::string_view text, std::string_view version) {
    for (const std::string& line : split_lines(text)) {
        if (trim(line).empty()) continue;
        const Result<Json> row = parse_json(line, "index");
        if (!row.ok() || (*row)["vers"].string() != version) continue;  // newer formats are skipped, as cargo does
        const std::string sha256 = lower((*row)["cksum"].string());
        if (sha256.size() == 64) return sha256;
    }
    return std::nullopt;
}

}  // namespace cermet::fetch

// Finding the checkout's root.
// SPDX-License-Identifier: MIT
#include "cli/checkout.h"

#include <set>

#include "base/path.h"
#include "base/text.h"
#include "base/toml.h"
#include "exec/places.h"
#include "options/config.h"
#include "platform/os.h"

namespace cermet::cli {
namespace checkout_detail {

// Every `path = "…"` of a manifest, wherever it stands: dependencies, patches, targets.
void collect_paths(const Toml& table, std::vector<std::string>& paths) {
    for (const auto& [key, value] : table.table()) {
        if (key == "path" && value.is_string()) paths.push_back(value.string());
        if (value.is_table()) collect_paths(value, paths);
        if (!value.is_array()) continue;
        for (const Toml& item : value.array()) {
            if (item.is_table()) collect_paths(item, paths);
        }
    }
}

struct Search {
    std::string limit;  // never above this
    std::vector<std::string> found;
    std::set<std::string> seen;

    void add(const std::string& directory) {
        if (is_within(directory, limit)) found.push_back(directory);
    }

    void visit(const std::string& directory) {
        if (!is_within(directory, limit) || !seen.insert(directory).second) return;
        std::optional<std::string> text = platform::find_file_bytes(join_path(directory, "Cargo.toml"));
        if (!text) return;
        add(directory);
        Result<Toml> manifest = parse_toml(*text, "Cargo.toml");
        if (!manifest.ok()) return;
        std::vector<std::string> paths;
        collect_paths(*manifest, paths);
        for (const std::string& path : paths) {
            std::string target = join_path(directory, path);
            if (platform::is_directory(target)) visit(target);
        }
        if (manifest->find("workspace") != nullptr) return;
        for (std::string at(parent(directory)); is_within(at, limit); at = std::string(parent(at))) {
            std::optional<std::string> outer = platform::find_file_bytes(join_path(at, "Cargo.toml"));
            if (outer && contains(*outer, "[workspace")) {
                visit(at);
                return;
            }
            if (at == limit || at == "/") return;
        }
    }
};

std::vector<std::string> crate_directories(const options::Config& config, const std::string& project) {
    std::vector<std::string> found = {project, join_path(project, "rust")};
    auto add = [&](const std::string& crate) {
        if (contains(crate, "/") || crate == ".") found.push_back(join_path(project, crate));
    };
    for (const auto& table : config.rust_modules) add(*table.crate);
    for (const auto& table : config.executables) add(*table.crate);
    for (const auto& table : config.rust_libraries) {
        for (const std::string& crate : *table.crates) add(crate);
    }
    if (!config.cargo.manifest_path->empty()) {
        found.push_back(std::string(parent(join_path(project, *config.cargo.manifest_path))));
    }
    return found;
}

std::string version_control_root(const std::string& directory) {
    for (std::string at = directory;; at = std::string(parent(at))) {
        if (platform::exists(join_path(at, ".git")) || platform::exists(join_path(at, ".hg"))) return at;
        if (at == "/" || at.empty()) return directory;
    }
}

}  // namespace checkout_detail

Checkout find_checkout(const std::string& project) {
    checkout_detail::Search search{checkout_detail::version_control_root(project), {project}, {}};
    HostFiles files;
    Result<options::Config> config = options::load_config(files, project);
    if (config.ok()) {
        bool any = !config->rust_modules.empty() || !config->rust_libraries.empty() || !config->executables.empty();
        for (const std::string& directory : checkout_detail::crate_directories(*config, project)) {
            if (any) search.visit(directory);
        }
    }
    Checkout checkout;
    checkout.host = common_parent(search.found);
    checkout.directory = join_path(exec::k_ws, relative_to(project, checkout.host));
    return checkout;
}

std::optional<std::string> HostFiles::read(const std::string& path) {
    if (!platform::is_file(path)) return std::nullopt;
    return platform::find_file_bytes(path);
}

SourceKind HostFiles::kind(const std::string& path) {
    switch (platform::stat_file(path).kind) {
        case platform::FileKind::File: return SourceKind::File;
        case platform::FileKind::Directory: return SourceKind::Directory;
        default: return SourceKind::Absent;
    }
}

std::vector<SourceEntry> HostFiles::list(const std::string& directory) {
    std::vector<SourceEntry> found;
    Result<std::vector<platform::DirectoryEntry>> entries = platform::list_any_names(directory);
    if (!entries.ok()) return found;
    for (const platform::DirectoryEntry& entry : *entries) {
        std::string path = join_path(directory, entry.name);
        SourceKind one = kind(path);
        if (entry.kind == platform::FileKind::Symlink && one == SourceKind::Directory) {
            Result<std::string> target = platform::real_path(path);
            Result<std::string> here = platform::real_path(directory);
            if (!target.ok() || !here.ok() || is_within(*here, *target)) one = SourceKind::Absent;  // leads back up
        }
        found.push_back({entry.name, one});
    }
    return found;
}

std::optional<Digest> HostFiles::digest(const std::string& path) {
    std::optional<std::string> bytes = read(path);
    if (!bytes) return std::nullopt;
    return digest_of(*bytes);
}

}  // namespace cermet::cli

// Locating locked packages: registry cache by checksum, vendored directories, git checkouts.
// SPDX-License-Identifier: MIT
#include "languages/rust/sources/sources.h"

#include <algorithm>

#include "base/path.h"
#include "base/text.h"

namespace cermet::rust {

namespace sources_detail {

constexpr int k_max_depth = 12;

// Name and version of a manifest without reading anything else of it; inherited versions are resolved by the caller.
struct NameVersion {
    std::string name, version;
    bool inherited = false;
};

std::optional<NameVersion> name_version(SourceFiles& files, const std::string& manifest) {
    std::optional<std::string> bytes = files.read(manifest);
    if (!bytes) return std::nullopt;
    Result<Toml> document = parse_toml(*bytes, manifest);
    if (!document) return std::nullopt;
    const Toml* package = document->find("package");
    if (package == nullptr) package = document->find("project");
    const Toml* name = package != nullptr ? package->find("name") : nullptr;
    if (name == nullptr) return std::nullopt;
    NameVersion out{name->string(), "0.0.0", false};
    if (const Toml* version = package->find("version")) {
        out.inherited = version->is_table();
        if (version->is_string()) out.version = std::string(trim(version->string()));
    }
    return out;
}

std::string workspace_version(SourceFiles& files, std::string directory, const std::string& root) {
    while (is_within(directory, root)) {
        std::optional<std::string> bytes = files.read(join_path(directory, "Cargo.toml"));
        if (bytes) {
            Result<Toml> document = parse_toml(*bytes, directory);
            if (document)
                if (const Toml* version = document->find_path("workspace.package.version")) return version->string();
        }
        if (directory == root || parent(directory) == directory) break;
        directory = std::string(parent(directory));
    }
    return {};
}

std::optional<std::string> search(SourceFiles& files, const std::string& root, const std::string& directory,
                                  const std::string& name, const std::string& version, int depth) {
    if (std::optional<NameVersion> found = name_version(files, join_path(directory, "Cargo.toml"))) {
        if (found->inherited) found->version = workspace_version(files, directory, root);
        if (found->name == name && found->version == version) return directory;
    }
    if (depth == k_max_depth) return std::nullopt;
    for (const SourceEntry& entry : files.list(directory)) {
        if (entry.kind != SourceKind::Directory || entry.name[0] == '.' || entry.name == "target") continue;
        if (auto hit = search(files, root, join_path(directory, entry.name), name, version, depth + 1)) return hit;
    }
    return std::nullopt;
}

class Locator {
   public:
    Locator(SourceFiles& files, const Workspace& workspace, const LocateRequest& request)
        : files_(files), workspace_(workspace), request_(request) {}

    Result<LocatedSource> locate(std::size_t index) {
        const LockedPackage& package = workspace_.lock->packages[index];
        LocatedSource out;
        out.id = PackageId{package.name, package.version, *package.source};
        out.lock_index = index;
        out.checksum = package.checksum;
        TRY(replacement, replaced(*package.source, out.registry));
        std::string short_id;
        if (package.source->is_git())
            short_id = package.source->revision.substr(0, 8);
        else if (!package.checksum.empty())
            short_id = package.checksum.substr(0, 8);
        else
            short_id = digest_of(package.source->text()).short_hex(8);
        out.package_name =
            cat(package.source->is_git() ? "git-" : "crate-", package.name, "-", package.version, "-", short_id);
        out.fixed_place =
            replacement != nullptr && (!replacement->directory.empty() || !replacement->local_registry.empty());
        if (out.fixed_place) out.registry.clear();
        if (replacement != nullptr && !replacement->directory.empty())
            find_directory(replacement->directory, package, out);
        else if (replacement != nullptr && !replacement->local_registry.empty())
            find_crate_in(replacement->local_registry, package, out);
        else if (package.source->is_git())
            find_git(package, out);
        else
            find_crate(package, out);
        return out;
    }

   private:
    // The end of a `replace-with` chain for this source, or nullptr when nothing replaces it (L11). `registry` becomes
    // the registry that it ends at.
    Result<const SourceDefinition*> replaced(const SourceId& source, std::string& registry) {
        const SourceDefinition* current = nullptr;
        if (source.is_registry()) registry = source.url;
        for (const SourceDefinition& candidate : workspace_.config.sources)
            if (defines(candidate, source)) current = &candidate;
        for (int steps = 0; current != nullptr && !current->replace_with.empty(); ++steps) {
            const SourceDefinition* next = nullptr;
            for (const SourceDefinition& candidate : workspace_.config.sources)
                if (candidate.name == current->replace_with) next = &candidate;
            const auto named = workspace_.config.registries.find(current->replace_with);
            if (next == nullptr && named != workspace_.config.registries.end()) {
                registry = named->second;
                return static_cast<const SourceDefinition*>(nullptr);
            }
            if (next == nullptr && current->replace_with == "crates-io") {
                registry = crates_io_source().url;
                return static_cast<const SourceDefinition*>(nullptr);
            }
            if (next == nullptr || steps > 16)
                return project_error(cat("source `", current->name, "` is replaced with `", current->replace_with,
                                         "`, which is not defined or refers back"),
                                     "define it as [source.…] in .cargo/config.toml");
            current = next;
        }
        if (current != nullptr && source.is_registry() && !current->registry.empty()) {
            const bool marked = current->registry.starts_with("sparse+") || current->registry.starts_with("registry+");
            registry = marked ? current->registry : "registry+" + current->registry;
        }
        return current;
    }

    static bool defines(const SourceDefinition& candidate, const SourceId& source) {
        if (source.is_crates_io() && candidate.name == "crates-io") return true;
        if (source.is_registry() && !candidate.registry.empty())
            return canonical_url(source.url) == canonical_url("registry+" + candidate.registry) ||
                   canonical_url(source.url) == canonical_url(candidate.registry);
        if (!source.is_git() || candidate.git.empty()) return false;
        std::string reference = !candidate.branch.empty() ? "branch=" + candidate.branch
                                : !candidate.tag.empty()  ? "tag=" + candidate.tag
                                : !candidate.rev.empty()  ? "rev=" + candidate.rev
                                                          : "";
        return canonical_url(candidate.git) == canonical_url(source.url) && reference == source.reference;
    }

    bool accept_crate(const std::string& path, const LockedPackage& package, LocatedSource& out) {
        if (files_.kind(path) != SourceKind::File) return false;
        std::optional<Digest> digest = files_.digest(path);
        if (!digest) return false;
        if (package.checksum.empty() || digest->hex() == package.checksum) {
            out.kind = LocatedSource::Kind::Crate;
            out.host_path = path;
            return true;
        }
        out.reason = cat(path, " has sha256 ", digest->hex(), ", Cargo.lock says ", package.checksum);
        return false;
    }

    void find_crate(const LockedPackage& package, LocatedSource& out) {
        std::string file = cat(package.name, "-", package.version, ".crate");
        std::string cache = join_path(request_.cargo_home, "registry/cache");
        for (const SourceEntry& host : files_.list(cache))
            if (accept_crate(cat(cache, "/", host.name, "/", file), package, out)) return;
        if (out.reason.empty()) out.reason = cat("no ", file, " below ", cache);
    }

    void find_crate_in(const std::string& directory, const LockedPackage& package, LocatedSource& out) {
        std::string file = cat(package.name, "-", package.version, ".crate");
        if (!accept_crate(join_path(directory, file), package, out) && out.reason.empty())
            out.reason = cat("no ", file, " in local registry ", directory);
    }

    void find_directory(const std::string& vendor, const LockedPackage& package, LocatedSource& out) {
        auto fits = [&](const std::string& directory) {
            std::optional<NameVersion> found = name_version(files_, join_path(directory, "Cargo.toml"));
            return found && found->name == package.name && found->version == package.version;
        };
        std::vector<std::string> candidates = {cat(vendor, "/", package.name),
                                               cat(vendor, "/", package.name, "-", package.version)};
        for (const std::string& directory : candidates)
            if (fits(directory)) return take_directory(directory, out);
        for (const SourceEntry& entry : files_.list(vendor)) {
            std::string directory = join_path(vendor, entry.name);
            if (entry.kind == SourceKind::Directory && entry.name[0] != '.' && fits(directory))
                return take_directory(directory, out);
        }
        out.reason = cat("directory source ", vendor, " holds no ", package.name, " ", package.version);
    }

    static void take_directory(const std::string& directory, LocatedSource& out) {
        out.kind = LocatedSource::Kind::Directory;
        out.host_path = directory;
    }

    void find_git(const LockedPackage& package, LocatedSource& out) {
        std::string checkouts = join_path(request_.cargo_home, "git/checkouts");
        std::string prefix = std::string(file_name(canonical_url(package.source->url))) + "-";
        for (const SourceEntry& repository : files_.list(checkouts)) {
            if (!lower(repository.name).starts_with(lower(prefix))) continue;
            std::string base = join_path(checkouts, repository.name);
            for (const SourceEntry& revision : files_.list(base)) {
                std::string root = join_path(base, revision.name);
                if (revision.name.size() < 7 || !package.source->revision.starts_with(revision.name) ||
                    files_.kind(join_path(root, ".cargo-ok")) != SourceKind::File)
                    continue;
                if (!find_in_checkout(files_, root, package.name, package.version)) continue;
                out.kind = LocatedSource::Kind::Git;
                out.host_path = root;
                return;
            }
        }
        out.reason = cat("no checkout of ", package.source->text(), " below ", checkouts);
    }

    SourceFiles& files_;
    const Workspace& workspace_;
    const LocateRequest& request_;
};

}  // namespace sources_detail

std::optional<std::string> find_in_checkout(SourceFiles& files, const std::string& root, const std::string& name,
                                            const std::string& version) {
    return sources_detail::search(files, root, root, name, version, 0);
}

Result<std::vector<LocatedSource>> locate_sources(SourceFiles& files, const Workspace& workspace,
                                                  const LocateRequest& request) {
    std::vector<LocatedSource> out;
    if (!workspace.lock) return out;
    sources_detail::Locator locator(files, workspace, request);
    for (std::size_t i = 0; i < workspace.lock->packages.size(); ++i) {
        if (!workspace.lock->packages[i].source) continue;
        TRY(located, locator.locate(i));
        out.push_back(std::move(located));
    }
    return out;
}

Status check_directory_source(SourceFiles& files, const std::string& directory, const std::string& checksum) {
    std::string path = join_path(directory, ".cargo-checksum.json");
    std::optional<std::string> bytes = files.read(path);
    if (!bytes)
        return project_error(cat("vendored package ", directory, " has no .cargo-checksum.json"),
                             "vendor it again with `cargo vendor`");
    TRY(json, parse_json(*bytes, path));
    const std::string& whole = json["package"].string();
    if (!whole.empty() && !checksum.empty() && whole != checksum)
        return project_error(cat("vendored package ", directory, " is not the one Cargo.lock names: its checksum is ",
                                 whole, ", the lock says ", checksum),
                             "vendor it again with `cargo vendor`")
            .at(path);
    for (const auto& [name, expected] : json["files"].object()) {
        std::string file = join_path(directory, name);
        std::optional<Digest> digest = is_within(file, directory) ? files.digest(file) : std::nullopt;
        if (!digest || digest->hex() != expected.string())
            return project_error(cat("vendored file ", file, digest ? " was changed" : " is missing"),
                                 "vendored packages must not be edited; use [patch] for changes")
                .at(path);
    }
    return {};
}

}  // namespace cermet::rust

// Finding the workspace's root, its members and path dependencies, and reading its lock (cargo.md M18-M21, F6).
// SPDX-License-Identifier: MIT
#include "languages/rust/workspace/workspace.h"

#include <algorithm>
#include <set>

#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "languages/rust/profiles/profiles.h"

namespace cermet::rust {

namespace workspace_detail {

constexpr int k_max_packages = 20000;

class Loader {
   public:
    Loader(SourceFiles& files, const CargoConfig& config) : files_(files) { ws_.config = config; }

    Result<Workspace> load(const std::string& manifest_path) {
        TRY(root, find_root(manifest_path));
        ws_.root_manifest = root;
        ws_.root_directory = std::string(parent(root));
        TRY(document, parse_manifest_file(files_, root));
        ws_.root_document = document;
        ws_.is_virtual = !has_package(document);
        const Toml* workspace = document.find("workspace");
        if (ws_.is_virtual && workspace == nullptr)
            return project_error("the manifest has neither [package] nor [workspace]").at(root);
        TRY_VOID(refuse_in_root(document, root));
        ws_.inheritance = inheritance_of(root, document);
        TRY_VOID(load_members(manifest_path, workspace));
        TRY_VOID(load_patches());
        TRY_VOID(load_path_dependencies());
        TRY_VOID(choose_defaults(manifest_path, workspace));
        TRY_VOID(choose_resolver(workspace));
        TRY_VOID(check_profiles(document, root));
        if (workspace != nullptr)
            if (const Toml* metadata = workspace->find("metadata")) ws_.metadata = metadata->to_json();
        TRY_VOID(load_lock());
        return std::move(ws_);
    }

   private:
    // --- the root -------------------------------------------------------------------------------------------

    Result<const Toml*> document(const std::string& manifest_path) {
        auto found = documents_.find(manifest_path);
        if (found == documents_.end()) {
            TRY(parsed, parse_manifest_file(files_, manifest_path));
            found = documents_.emplace(manifest_path, std::move(parsed)).first;
        }
        return static_cast<const Toml*>(&found->second);
    }

    static std::vector<std::string> listed(const Toml* workspace, const char* key) {
        const Toml* list = workspace != nullptr ? workspace->find(key) : nullptr;
        return list != nullptr ? list->string_list() : std::vector<std::string>();
    }

    // Is `manifest_path` below an `exclude` of the root, without being listed as a member?
    static bool excluded(const std::string& root_directory, const Toml& workspace, const std::string& manifest_path) {
        auto below = [&](const std::vector<std::string>& list) {
            for (const std::string& item : list)
                if (is_within(manifest_path, join_path(root_directory, item))) return true;
            return false;
        };
        return below(listed(&workspace, "exclude")) && !below(listed(&workspace, "members"));
    }

    Result<std::string> find_root(const std::string& manifest_path) {
        std::string directory(parent(manifest_path));
        for (std::string here = directory;; here = std::string(parent(here))) {
            std::string candidate = join_path(here, "Cargo.toml");
            if (here == directory) candidate = manifest_path;
            if (here == directory || files_.kind(candidate) == SourceKind::File) {
                TRY(parsed, document(candidate));
                const Toml* workspace = parsed->find("workspace");
                if (workspace != nullptr && (here == directory || !excluded(here, *workspace, manifest_path)))
                    return candidate;
                const Toml* package = parsed->find("package");
                const Toml* pointer = package != nullptr ? package->find("workspace") : nullptr;
                if (pointer != nullptr && pointer->is_string())
                    return join_path(join_path(here, pointer->string()), "Cargo.toml");
            }
            if (here == "/" || here == "." || parent(here) == here || parent(here).empty()) break;
        }
        return manifest_path;
    }

    static Inheritance inheritance_of(const std::string& root, const Toml& document) {
        Inheritance out;
        out.root_manifest = root;
        out.root_directory = std::string(parent(root));
        const Toml* workspace = document.find("workspace");
        out.present = workspace != nullptr;
        if (workspace == nullptr) return out;
        if (const Toml* table = workspace->find("package")) out.package = *table;
        if (const Toml* table = workspace->find("dependencies")) out.dependencies = *table;
        if (const Toml* table = workspace->find("lints")) out.lints = *table;
        return out;
    }

    // --- packages -------------------------------------------------------------------------------------------

    Result<PackagePtr> load_package(const std::string& manifest_path, const Inheritance& inheritance) {
        auto found = packages_.find(manifest_path);
        if (found != packages_.end()) return found->second;
        if (packages_.size() > k_max_packages)
            return project_error("the workspace has too many packages").at(manifest_path);
        TRY(parsed, document(manifest_path));
        ManifestContext context;
        context.source = path_source(std::string(parent(manifest_path)));
        context.inheritance = &inheritance;
        context.registries = &ws_.config.registries;
        TRY(package, read_manifest(files_, manifest_path, *parsed, context));
        for (const std::string& warning : package->warnings) ws_.warnings.push_back(warning);
        packages_.emplace(manifest_path, package);
        return package;
    }

    Result<std::vector<std::string>> expand(const Toml* workspace, const char* key) {
        std::vector<std::string> out;
        const Toml* list = workspace != nullptr ? workspace->find(key) : nullptr;
        if (list == nullptr) return out;
        for (const Toml& item : list->array()) {
            if (!item.is_string())
                return project_error(cat("`", key, "` must be an array of strings")).at(ws_.root_manifest, item.line);
            if (!has_glob(item.string())) {
                std::string directory = join_path(ws_.root_directory, item.string());
                if (files_.kind(join_path(directory, "Cargo.toml")) != SourceKind::File)
                    return project_error(cat("workspace member `", item.string(), "` has no Cargo.toml"))
                        .at(ws_.root_manifest, item.line, item.column);
                out.push_back(directory);
                continue;
            }
            glob_directories(ws_.root_directory, split(normalise(item.string()), '/'), 0, out);
        }
        return out;
    }

    // Every directory counts; one without a manifest is an error later, as in cargo.
    void glob_directories(const std::string& base, const std::vector<std::string>& parts, std::size_t index,
                          std::vector<std::string>& out) {
        if (index == parts.size()) {
            if (files_.kind(base) == SourceKind::Directory) out.push_back(base);
            return;
        }
        if (!has_glob(parts[index])) {
            glob_directories(join_path(base, parts[index]), parts, index + 1, out);
            return;
        }
        bool any_depth = parts[index] == "**";
        if (any_depth) glob_directories(base, parts, index + 1, out);
        for (const SourceEntry& entry : files_.list(base)) {
            if (entry.kind != SourceKind::Directory) continue;
            if (any_depth && (entry.name == ".git" || entry.name == "target")) continue;
            std::string next = join_path(base, entry.name);
            if (any_depth)
                glob_directories(next, parts, index, out);
            else if (glob_match(parts[index], entry.name))
                glob_directories(next, parts, index + 1, out);
        }
    }

    Status load_members(const std::string& manifest_path, const Toml* workspace) {
        if (workspace == nullptr) return add_member(manifest_path, nullptr, false);
        TRY(members, expand(workspace, "members"));
        std::vector<std::string> explicit_members = listed(workspace, "members");
        for (const std::string& directory : members) {
            std::string member = join_path(directory, "Cargo.toml");
            bool from_glob =
                std::find_if(explicit_members.begin(), explicit_members.end(), [&](const std::string& text) {
                    return join_path(ws_.root_directory, text) == directory;
                }) == explicit_members.end();
            if (from_glob && excluded_by_list(*workspace, member)) continue;
            if (files_.kind(member) != SourceKind::File)
                return project_error(cat("workspace member ", directory, " has no Cargo.toml"),
                                     "list it in `exclude` if it is no package")
                    .at(ws_.root_manifest, workspace->find("members")->line);
            TRY_VOID(add_member(member, workspace, false));
        }
        if (!ws_.is_virtual) TRY_VOID(add_member(ws_.root_manifest, workspace, false));
        if (member_paths_.count(manifest_path) == 0 && manifest_path != ws_.root_manifest)
            return project_error(
                       "the package believes it is in a workspace, but the workspace does not "
                       "list it",
                       cat("add it to `members` or `exclude` in ", ws_.root_manifest,
                           ", or add an empty [workspace] table to its manifest"))
                .at(manifest_path);
        std::sort(ws_.members.begin(), ws_.members.end(),
                  [](const PackagePtr& a, const PackagePtr& b) { return a->manifest_path < b->manifest_path; });
        return check_member_names();
    }

    bool excluded_by_list(const Toml& workspace, const std::string& manifest) const {
        for (const std::string& item : listed(&workspace, "exclude"))
            if (is_within(manifest, join_path(ws_.root_directory, item))) return true;
        return false;
    }

    // A member and, recursively, its path dependencies below the root.
    Status add_member(const std::string& manifest, const Toml* workspace, bool is_path_dependency) {
        if (member_paths_.count(manifest) != 0) return {};
        if (is_path_dependency) {
            if (!is_within(manifest, ws_.root_directory)) {  // only a package that points here belongs to us
                TRY(root, find_root(manifest));
                if (root != ws_.root_manifest) return {};
            }
            if (workspace != nullptr && excluded(ws_.root_directory, *workspace, manifest)) return {};
            TRY(parsed, document(manifest));
            if (parsed->find("workspace") != nullptr && manifest != ws_.root_manifest) return {};
        }
        TRY(package, load_package(manifest, ws_.inheritance));
        member_paths_.insert(manifest);
        ws_.members.push_back(package);
        if (workspace == nullptr) return {};
        for (const Dependency& dependency : package->dependencies) {
            if (dependency.path.empty()) continue;
            std::string path = join_path(dependency.path, "Cargo.toml");
            if (files_.kind(path) != SourceKind::File) return missing_path(dependency);
            TRY_VOID(add_member(path, workspace, true));
        }
        return {};
    }

    static Error missing_path(const Dependency& dependency) {
        return project_error(cat("path dependency `", dependency.key, "` has no Cargo.toml in ", dependency.path))
            .at(dependency.where);
    }

    Status check_member_names() const {
        std::map<std::string, const Package*> seen;
        for (const PackagePtr& member : ws_.members) {
            auto [found, fresh] = seen.emplace(member->name, member.get());
            if (!fresh)
                return project_error(cat("two packages of this workspace are named `", member->name, "`"),
                                     cat("the other one is ", found->second->manifest_path))
                    .at(member->where);
        }
        return {};
    }

    // Path packages that are no members, with the inheritance of their own workspace.
    Status load_path_dependencies() {
        std::vector<PackagePtr> queue = ws_.members;
        for (const Patch& patch : ws_.patches)
            if (!patch.dependency.path.empty()) TRY_VOID(add_outside(patch.dependency, queue));
        for (std::size_t i = 0; i < queue.size(); ++i) {
            PackagePtr package = queue[i];
            bool is_member = member_paths_.count(package->manifest_path) != 0;
            for (const Dependency& dependency : package->dependencies) {
                if (dependency.path.empty()) continue;
                if (!is_member && dependency.kind == DependencyKind::Development) continue;
                // Only members must have all that they name: of others, cargo reads what is used.
                std::string manifest = join_path(dependency.path, "Cargo.toml");
                if (!is_member && files_.kind(manifest) != SourceKind::File) continue;
                TRY_VOID(add_outside(dependency, queue));
            }
        }
        return {};
    }

    Status add_outside(const Dependency& dependency, std::vector<PackagePtr>& queue) {
        std::string manifest = join_path(dependency.path, "Cargo.toml");
        if (packages_.count(manifest) != 0) return {};
        if (files_.kind(manifest) != SourceKind::File) return missing_path(dependency);
        TRY(root, find_root(manifest));
        TRY(root_document, document(root));
        inheritances_.push_back(std::make_unique<Inheritance>(inheritance_of(root, *root_document)));
        TRY(package, load_package(manifest, *inheritances_.back()));
        ws_.path_packages.push_back(package);
        queue.push_back(package);
        return {};
    }

    // --- patch, defaults, resolver, lock ----------------------------------------------------------------------

    Status load_patches() {
        if (const Toml* replace = ws_.root_document.find("replace"))
            return project_error("[replace] is deprecated and not supported", "use [patch] instead")
                .at(ws_.root_manifest, replace->line);
        if (const Toml* table = ws_.root_document.find("patch"))
            TRY_VOID(load_patch_table(*table, ws_.root_manifest, ws_.root_directory));
        if (const Toml* table = ws_.config.merged.find("patch"))
            TRY_VOID(load_patch_table(*table, "cargo configuration", ws_.config.cwd));
        return {};
    }

    Status load_patch_table(const Toml& table, const std::string& file, const std::string& base) {
        for (const auto& [origin, entries] : table.table()) {
            TRY(id, patch_origin(origin, file, entries));
            // Read through the ordinary dependency reader: the same forms, the same errors.
            Toml manifest;
            manifest.set("dependencies", entries);
            Toml package;
            package.set("name", Toml::of(std::string("patch")));
            package.set("edition", Toml::of(std::string("2021")));
            package.set("readme", Toml::of(false));
            package.set("build", Toml::of(false));
            Toml lib;
            lib.set("path", Toml::of(std::string("patch.rs")));
            manifest.set("package", package);
            manifest.set("lib", lib);
            ManifestContext context;
            context.source = path_source(base);
            context.inheritance = &ws_.inheritance;
            context.registries = &ws_.config.registries;
            Result<PackagePtr> read = read_manifest(files_, join_path(base, "Cargo.toml"), manifest, context);
            if (!read) return std::move(read).error().note("while reading [patch]");
            for (const Dependency& dependency : (*read)->dependencies) {
                if (dependency.source.identity() == id)
                    return project_error(cat("the patch of `", dependency.key, "` is from the source that it patches"),
                                         "name another place: `path`, `git` or `registry`")
                        .at(file, dependency.where.line);
                ws_.patches.push_back(Patch{id, dependency});
            }
        }
        return {};
    }

    Result<std::string> patch_origin(const std::string& origin, const std::string& file, const Toml& place) {
        if (origin == "crates-io" || origin == "crates.io") return crates_io_source().identity();
        auto found = ws_.config.registries.find(origin);
        if (found != ws_.config.registries.end()) return found->second;
        if (contains(origin, "://")) return origin;  // a git repository or a registry's URL
        return project_error(cat("[patch.", origin, "] names no known registry and is no URL")).at(file, place.line);
    }

    Status choose_defaults(const std::string& manifest_path, const Toml* workspace) {
        for (std::size_t i = 0; i < ws_.members.size(); ++i)
            if (ws_.members[i]->manifest_path == manifest_path) ws_.current = i;
        if (manifest_path != ws_.root_manifest) {
            if (ws_.current) ws_.default_members.push_back(*ws_.current);
            return {};
        }
        if (workspace != nullptr && workspace->find("default-members") != nullptr) {
            TRY(directories, expand(workspace, "default-members"));
            for (const std::string& directory : directories)
                if (member_paths_.count(join_path(directory, "Cargo.toml")) == 0)
                    return project_error(cat("default member ", directory, " is not a member of the workspace"))
                        .at(ws_.root_manifest, workspace->find("default-members")->line);
            for (std::size_t i = 0; i < ws_.members.size(); ++i)
                if (contains(directories, ws_.members[i]->directory)) ws_.default_members.push_back(i);
            return {};
        }
        if (!ws_.is_virtual && ws_.current) {
            ws_.default_members.push_back(*ws_.current);
            return {};
        }
        for (std::size_t i = 0; i < ws_.members.size(); ++i) ws_.default_members.push_back(i);
        return {};
    }

    Status choose_resolver(const Toml* workspace) {
        const Toml* written = workspace != nullptr ? workspace->find("resolver") : nullptr;
        const Toml* package = ws_.root_document.find("package");
        if (package == nullptr) package = ws_.root_document.find("project");
        const Toml* own = package != nullptr ? package->find("resolver") : nullptr;
        if (written != nullptr && own != nullptr)
            return project_error("`resolver` is set in [package] and in [workspace]", "keep one of them")
                .at(ws_.root_manifest, own->line);
        if (written == nullptr) written = own;
        if (written != nullptr) {
            const std::string& text = written->string();
            if (text != "1" && text != "2" && text != "3")
                return project_error("`resolver` must be \"1\", \"2\" or \"3\"").at(ws_.root_manifest, written->line);
            ws_.resolver = text[0] - '0';
            return {};
        }
        std::string edition = "2015";
        if (ws_.is_virtual) {
            ws_.resolver = 1;
            return {};
        }
        for (const PackagePtr& member : ws_.members)
            if (member->manifest_path == ws_.root_manifest) edition = member->edition;
        ws_.resolver = edition == "2024" ? 3 : edition == "2021" ? 2 : 1;
        return {};
    }

    Status load_lock() {
        ws_.lock_path = join_path(ws_.root_directory, "Cargo.lock");
        std::optional<std::string> bytes = files_.read(ws_.lock_path);
        if (!bytes) return {};
        TRY(lock, parse_lockfile(*bytes, ws_.lock_path));
        ws_.lock = std::move(lock);
        return {};
    }

    SourceFiles& files_;
    Workspace ws_;
    std::map<std::string, Toml> documents_;
    std::map<std::string, PackagePtr> packages_;
    std::set<std::string> member_paths_;
    std::vector<std::unique_ptr<Inheritance>> inheritances_;
};

}  // namespace workspace_detail

const Package* Workspace::member(const std::string& name) const {
    for (const PackagePtr& package : members)
        if (package->name == name) return package.get();
    return nullptr;
}

std::vector<PackagePtr> Workspace::local_packages() const {
    std::vector<PackagePtr> all = members;
    all.insert(all.end(), path_packages.begin(), path_packages.end());
    return all;
}

Result<Workspace> load_workspace(SourceFiles& files, const std::string& manifest_path, const CargoConfig& config) {
    return workspace_detail::Loader(files, config).load(normalise(manifest_path));
}

}  // namespace cermet::rust

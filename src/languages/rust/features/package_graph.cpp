// PackageGraph: manifests matched to the lock, lazily; and the parser of rustc's target probe.
// SPDX-License-Identifier: MIT
#include <algorithm>

#include "base/path.h"
#include "base/text.h"
#include "languages/rust/features/resolve.h"

namespace cermet::rust {

namespace package_graph_detail {

constexpr const char* k_stale_hint =
    "Cargo.lock is stale: run `cargo update --workspace` (or any cargo command without --locked) once";

// The nearest workspace root at or above a package inside a git checkout.
Result<Inheritance> git_workspace(SourceFiles& files, std::string directory, std::string_view stop_below) {
    Inheritance out;
    while (directory.size() >= stop_below.size() && directory != "/") {
        std::string manifest = join_path(directory, "Cargo.toml");
        if (files.kind(manifest) == SourceKind::File) {
            TRY(document, parse_manifest_file(files, manifest));
            if (const Toml* workspace = document.find("workspace")) {
                out.present = true;
                out.root_directory = directory;
                out.root_manifest = manifest;
                if (const Toml* table = workspace->find("package")) out.package = *table;
                if (const Toml* table = workspace->find("dependencies")) out.dependencies = *table;
                if (const Toml* table = workspace->find("lints")) out.lints = *table;
                return out;
            }
        }
        directory = std::string(parent(directory));
    }
    return out;
}

// "/cermet/pkg/git-name-1.0-abc/sub/dir" -> its place "/cermet/pkg/git-name-1.0-abc"; other paths: the root.
std::string place_of(const std::string& directory) {
    constexpr std::string_view k_packages = "/cermet/pkg/";
    if (!directory.starts_with(k_packages)) return "/";
    std::size_t end = directory.find('/', k_packages.size());
    return directory.substr(0, end);
}

}  // namespace package_graph_detail

std::vector<std::string> target_probe_words(const std::vector<std::string>& flags, const std::string& triple) {
    std::vector<std::string> words = {"-", "--crate-name", "___", "--print=file-names"};
    words.insert(words.end(), flags.begin(), flags.end());
    if (!triple.empty()) words.insert(words.end(), {"--target", triple});
    for (const char* type : {"bin", "rlib", "dylib", "cdylib", "staticlib", "proc-macro"}) {
        words.insert(words.end(), {"--crate-type", type});
    }
    words.insert(words.end(),
                 {"--print=sysroot", "--print=split-debuginfo", "--print=crate-name", "--print=cfg", "-Wwarnings"});
    return words;
}

Result<TargetInfo> parse_target_info(const std::string& triple, const std::string& output) {
    TargetInfo info;
    info.triple = triple;
    std::vector<std::string> lines = split_lines(output);
    std::size_t cfg_start = 0;
    std::vector<std::string> split_modes;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const std::string& line = lines[i];
        if (line == "off" || line == "packed" || line == "unpacked") split_modes.push_back(line);
        std::size_t at = line.find("___");
        if (at == std::string::npos || contains(line, "=") || contains(line, "/")) continue;
        cfg_start = i + 1;
        std::string prefix = line.substr(0, at);
        std::string suffix = line.substr(at + 3);
        if (suffix == ".exe" || suffix == ".wasm") info.exe_suffix = suffix;
        if (suffix == ".so" || suffix == ".dylib" || suffix == ".dll") {
            info.dylib_prefix = prefix;
            info.dylib_suffix = suffix;
        }
        if (suffix == ".a" || suffix == ".lib") {
            info.staticlib_prefix = prefix;
            info.staticlib_suffix = suffix;
        }
    }
    if (!split_modes.empty()) info.split_debuginfo = std::move(split_modes);
    std::string cfg_text;
    for (std::size_t i = cfg_start; i < lines.size(); ++i) cfg_text += lines[i] + "\n";
    info.cfgs = parse_cfgs(cfg_text);
    // Printed because a proc-macro was asked for too: it is no fact of the target.
    std::erase_if(info.cfgs, [](const Cfg& cfg) { return cfg.name == "proc_macro"; });
    if (info.cfgs.empty())
        return environment_error(cat("rustc printed no configuration for target ", triple),
                                 "check that this rustc has the target installed");
    return info;
}

PackageGraph::PackageGraph(SourceFiles& files, const Workspace& workspace, PackagePlaces& places)
    : files_(files), workspace_(workspace), places_(places) {}

Status PackageGraph::start() {
    if (!workspace_.lock)
        return project_error(cat("there is no ", workspace_.lock_path),
                             "run `cargo generate-lockfile` and keep the file under version control");
    const std::vector<LockedPackage>& locked = workspace_.lock->packages;
    nodes_.assign(locked.size(), Node{});
    std::map<std::pair<std::string, std::string>, std::size_t> local;
    for (std::size_t i = 0; i < locked.size(); ++i) {
        nodes_[i].lock_index = i;
        nodes_[i].id.name = locked[i].name;
        nodes_[i].id.version = locked[i].version;
        if (locked[i].source)
            nodes_[i].id.source = *locked[i].source;
        else
            local.emplace(std::make_pair(locked[i].name, locked[i].version), i);
    }
    for (const std::vector<PackagePtr>* list : {&workspace_.members, &workspace_.path_packages})
        for (const PackagePtr& package : *list) {
            auto found = local.find(std::make_pair(package->name, package->version_text));
            if (found == local.end()) {
                if (list == &workspace_.path_packages) continue;  // an unused optional or patch
                return project_error(
                           cat("package ", package->name, " ", package->version_text, " is not in Cargo.lock"),
                           package_graph_detail::k_stale_hint)
                    .at(package->where);
            }
            Node& node = nodes_[found->second];
            node.package = package;
            node.id = package->id();
            node.is_local = true;
            node.is_member = list == &workspace_.members;
        }
    return {};
}

std::optional<std::size_t> PackageGraph::find(const Package& package) const {
    for (std::size_t i = 0; i < nodes_.size(); ++i)
        if (nodes_[i].package.get() == &package) return i;
    return std::nullopt;
}

Status PackageGraph::load_manifest(Node& node) {
    const LockedPackage& locked = workspace_.lock->packages[node.lock_index];
    if (!locked.source)
        return project_error(cat("Cargo.lock lists the path package ", locked.name, " ", locked.version,
                                 ", which no manifest of the workspace names"),
                             package_graph_detail::k_stale_hint)
            .at(workspace_.lock_path, locked.line);
    if (tolerant_ && !places_.is_here(locked)) {
        auto nothing = std::make_shared<Package>();
        nothing->name = locked.name;
        nothing->version_text = locked.version;
        node.package = nothing;
        node.absent = true;
        return {};
    }
    TRY(directory, places_.directory(locked));
    std::string manifest_path = join_path(directory, "Cargo.toml");
    Result<Toml> document = parse_manifest_file(files_, manifest_path);
    if (!document)
        return std::move(document).error().note(cat("while reading package ", locked.name, " ", locked.version));
    ManifestContext context;
    context.source = *locked.source;
    context.registries = &workspace_.config.registries;
    if (locked.source->is_git()) {
        auto found = git_inheritance_.find(directory);
        if (found == git_inheritance_.end()) {
            TRY(inheritance,
                package_graph_detail::git_workspace(files_, directory, package_graph_detail::place_of(directory)));
            found = git_inheritance_.emplace(directory, inheritance).first;
        }
        context.inheritance = &found->second;
    }
    Result<PackagePtr> package = read_manifest(files_, manifest_path, *document, context);
    if (!package)
        return std::move(package).error().note(cat("while reading package ", locked.name, " ", locked.version));
    if ((*package)->name != locked.name || (*package)->version_text != locked.version)
        return project_error(cat("the sources of ", locked.name, " ", locked.version, " hold ", (*package)->name, " ",
                                 (*package)->version_text))
            .at(manifest_path);
    node.package = *package;
    return {};
}

Result<const PackageGraph::Node*> PackageGraph::need(std::size_t index) {
    Node& node = nodes_[index];
    if (!node.package) TRY_VOID(load_manifest(node));
    if (!node.linked) TRY_VOID(link(node));
    return static_cast<const Node*>(&node);
}

std::vector<std::size_t> PackageGraph::absent() const {
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        if (nodes_[i].absent) all.push_back(i);
    }
    return all;
}

Status PackageGraph::link(Node& node) {
    node.linked = true;
    for (const Dependency& dependency : node.package->dependencies) {
        if (dependency.kind == DependencyKind::Development && !node.is_member) continue;
        TRY(found, match(node, dependency));
        if (found)
            node.edges.push_back(Edge{&dependency, *found});
        else if (!dependency.optional)
            return project_error(cat("Cargo.lock gives package `", node.package->name, "` no `", dependency.package,
                                     "` matching ", dependency.requirement.text()),
                                 package_graph_detail::k_stale_hint)
                .at(dependency.where);
    }
    return {};
}

Result<std::optional<std::size_t>> PackageGraph::match(const Node& node, const Dependency& dependency) {
    const std::vector<LockedPackage>& locked = workspace_.lock->packages;
    auto source_fits = [&](std::size_t index) {
        const LockedPackage& candidate = locked[index];
        if (dependency.source.is_path())
            return !candidate.source && nodes_[index].package && nodes_[index].package->directory == dependency.path;
        if (candidate.source && candidate.source->same_origin(dependency.source)) return true;
        for (const Patch& patch : workspace_.patches) {
            if (patch.dependency.package != dependency.package) continue;
            bool origin_fits = patch.origin == dependency.source.identity() ||
                               canonical_url(patch.origin) == canonical_url(dependency.source.url) ||
                               canonical_url("registry+" + patch.origin) == canonical_url(dependency.source.url);
            if (!origin_fits) continue;
            if (patch.dependency.source.is_path()) {
                if (!candidate.source && nodes_[index].package &&
                    nodes_[index].package->directory == patch.dependency.path)
                    return true;
            } else if (candidate.source && candidate.source->same_origin(patch.dependency.source)) {
                return true;
            }
        }
        return false;
    };
    for (std::size_t index : locked[node.lock_index].dependencies) {
        if (locked[index].name != dependency.package) continue;
        std::optional<Version> version = parse_version(locked[index].version);
        if (!version) continue;
        if (dependency.has_requirement && !dependency.requirement.matches(*version)) continue;
        if (source_fits(index)) return std::optional<std::size_t>(index);
    }
    return std::optional<std::size_t>();
}

}  // namespace cermet::rust

// cargo metadata's JSON, made of the package graph.
// SPDX-License-Identifier: MIT
#include "languages/rust/metadata/metadata.h"

#include <algorithm>
#include <set>

#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "languages/rust/features/lock_resolve.h"

namespace cermet::rust {

namespace metadata_detail {

// Unlike in ids and in Cargo.lock, cargo prints a reference of git as it is written in the manifest.
Json shown_source(const SourceId& source) {
    if (source.is_path()) return {};
    if (!source.is_git()) return Json(source.text());
    const std::string reference = source.reference.empty() ? "" : cat("?", source.reference);
    return Json(cat("git+", source.url, reference, source.revision.empty() ? "" : "#", source.revision));
}

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

std::string package_spec(const Package& package) {
    std::string fragment = package.name + "@" + package.version_text;
    if (!package.source.is_path()) return cat(package.source.identity(), "#", fragment);
    if (file_name(package.directory) == package.name) fragment = package.version_text;
    return cat("path+file://", package.directory, "#", fragment);
}

Json kind_json(DependencyKind kind) {
    return kind == DependencyKind::Normal ? Json() : Json(kind == DependencyKind::Build ? "build" : "dev");
}

Json dependency_json(const Dependency& dependency) {
    Json out;
    out.set("name", dependency.package);
    // A path within a git source is at the revision of the package that names it.
    SourceId source = dependency.source;
    if (dependency.path.empty()) source.revision.clear();
    out.set("source", shown_source(source));
    out.set("req", dependency.requirement.text());
    out.set("kind", kind_json(dependency.kind));
    out.set("rename", dependency.renamed() ? Json(dependency.key) : Json());
    out.set("optional", dependency.optional);
    out.set("uses_default_features", dependency.default_features);
    out.set("features", Json::strings(dependency.features));
    out.set("target", dependency.platform ? Json(dependency.platform->canonical()) : Json());
    out.set("registry", text_or_null(dependency.registry));
    if (dependency.source.is_path() && !dependency.path.empty()) out.set("path", dependency.path);
    return out;
}

// Only what other Rust code can use has documentation tests.
bool is_rust_library(const Target& target) {
    const std::vector<std::string>& types = target.crate_types;
    return target.is_lib() &&
           std::any_of(types.begin(), types.end(), [](const std::string& t) { return t == "lib" || t == "rlib"; });
}

Json target_json(const Target& target) {
    Json out;
    out.set("kind", Json::strings(target.kinds()));
    out.set("crate_types", Json::strings(target.crate_types));
    out.set("name", target.name);
    out.set("src_path", target.src_path);
    out.set("edition", target.edition);
    out.set("doc", target.doc);
    out.set("doctest", target.doctest && (target.is_proc_macro() || is_rust_library(target)));
    out.set("test", target.test);
    if (target.lists_required_features) out.set("required-features", Json::strings(target.required_features));
    return out;
}

Json package_json(const Package& package) {
    Json dependencies{Json::Array{}};
    for (const Dependency& dependency : package.dependencies) dependencies.push(dependency_json(dependency));
    Json targets{Json::Array{}};
    for (const Target& target : package.targets) targets.push(target_json(target));
    Json features{Json::Object{}};
    for (const auto& [name, values] : package.declared_features) features.set(name, Json::strings(values));
    Json out;
    out.set("name", package.name).set("version", package.version_text).set("id", package_spec(package));
    out.set("license", text_or_null(package.license));
    out.set("license_file", text_or_null(package.license_file));
    out.set("description", text_or_null(package.description));
    out.set("source", shown_source(package.source));
    out.set("dependencies", std::move(dependencies)).set("targets", std::move(targets));
    out.set("features", std::move(features)).set("manifest_path", package.manifest_path);
    out.set("metadata", package.metadata);
    out.set("publish", package.publish ? Json::strings(*package.publish) : Json());
    out.set("authors", Json::strings(package.authors));
    out.set("categories", Json::strings(package.categories));
    out.set("keywords", Json::strings(package.keywords));
    out.set("readme", text_or_null(package.readme)).set("repository", text_or_null(package.repository));
    out.set("homepage", text_or_null(package.homepage));
    out.set("documentation", text_or_null(package.documentation));
    out.set("edition", package.edition).set("links", text_or_null(package.links));
    out.set("default_run", text_or_null(package.default_run));
    out.set("rust_version", text_or_null(package.rust_version));
    if (!package.hints.is_null()) out.set("hints", package.hints);
    return out;
}

// Does the declaration count on the platform that is asked for?
bool counts_for(const MetadataRequest& request, const Dependency& dependency) {
    if (!dependency.platform || request.filter_platform == nullptr) return true;
    bool on_host = dependency.kind == DependencyKind::Build && request.host != nullptr;
    const TargetInfo& info = on_host ? *request.host : *request.filter_platform;
    return dependency.platform->matches(info.triple, info.cfgs);
}

class MetadataScope : public LockScope {
   public:
    explicit MetadataScope(const MetadataRequest& request) : request_(request) { skip_absent = true; }
    bool counts(const Dependency& dependency) const override {
        return !request_.only_platform || counts_for(request_, dependency);
    }
    const std::vector<std::string>& added(const PackageId& package) const override {
        return added_to(request_.selection, package);
    }

   private:
    const MetadataRequest& request_;
};

// The whole workspace, with the request's features.
Result<LockResolve> resolve_workspace(PackageGraph& graph, const MetadataRequest& request) {
    Selection selection = request.selection;
    selection.packages.clear();
    selection.roots.clear();
    selection.merged.clear();
    selection.workspace = true;
    TRY(requested, requested_features(graph, selection));
    return resolve_lock(graph, requested, MetadataScope(request));
}

// Walks what the members reach, for the platforms that are asked for.
class Walk {
   public:
    Walk(PackageGraph& graph, const MetadataRequest& request, const LockResolve& resolve)
        : graph_(graph), request_(request), resolve_(resolve) {}

    void visit(std::size_t index) {
        if (!resolve_.packages[index].reached || !present_.insert(index).second) return;
        for (const PackageGraph::Edge& edge : resolve_.packages[index].edges)
            if (counts(*edge.declaration) && graph_.node(edge.package).package->library() != nullptr)
                visit(edge.package);
    }

    bool counts(const Dependency& dependency) const { return counts_for(request_, dependency); }

    const std::set<std::size_t>& present() const { return present_; }

    Json node_json(std::size_t index) const {
        const PackageGraph::Node& node = graph_.node(index);
        const LockResolve::Package& resolved = resolve_.packages[index];
        std::map<std::size_t, std::vector<const Dependency*>> groups;
        std::set<std::size_t> counted;
        for (const PackageGraph::Edge& edge : resolved.edges) {
            groups[edge.package].push_back(edge.declaration);
            if (counts(*edge.declaration)) counted.insert(edge.package);
        }
        Json deps{Json::Array{}};
        std::vector<std::string> ids;
        for (const auto& [child, declarations] : groups) {
            if (counted.count(child) == 0) continue;
            const Package& package = *graph_.node(child).package;
            if (package.library() == nullptr) continue;
            ids.push_back(package_spec(package));
            deps.push(edge_json(package, declarations));
        }
        std::sort(ids.begin(), ids.end());
        Json out;
        out.set("id", package_spec(*node.package)).set("dependencies", Json::strings(ids));
        out.set("deps", std::move(deps));
        out.set("features",
                Json::strings(std::vector<std::string>(resolved.features.begin(), resolved.features.end())));
        return out;
    }

   private:
    static Json edge_json(const Package& package, const std::vector<const Dependency*>& declarations) {
        const Target* library = package.library();
        std::string name = declarations[0]->renamed() ? replace_all(declarations[0]->key, "-", "_")
                           : library != nullptr       ? library->crate_name
                                                      : std::string();
        Json kinds{Json::Array{}};
        for (const Dependency* declaration : declarations) {
            Json kind;
            kind.set("kind", kind_json(declaration->kind));
            kind.set("target", declaration->platform ? Json(declaration->platform->canonical()) : Json());
            kinds.push(std::move(kind));
        }
        Json out;
        out.set("name", name).set("pkg", package_spec(package)).set("dep_kinds", std::move(kinds));
        return out;
    }

    PackageGraph& graph_;
    const MetadataRequest& request_;
    const LockResolve& resolve_;
    std::set<std::size_t> present_;
};

Json member_ids(const Workspace& workspace, bool only_default) {
    Json out{Json::Array{}};
    for (std::size_t i = 0; i < workspace.members.size(); ++i) {
        bool is_default = contains(workspace.default_members, i);
        if (!only_default || is_default) out.push(package_spec(*workspace.members[i]));
    }
    return out;
}

Json resolve_json(const Workspace& workspace, const Walk& walk) {
    Json nodes{Json::Array{}};
    for (std::size_t index : walk.present()) nodes.push(walk.node_json(index));
    Json out;
    out.set("nodes", std::move(nodes));
    out.set("root", workspace.current ? Json(package_spec(*workspace.members[*workspace.current])) : Json());
    return out;
}

}  // namespace metadata_detail

Result<Json> metadata_json(PackageGraph& graph, const MetadataRequest& request) {
    using namespace metadata_detail;
    const Workspace& workspace = graph.workspace();
    Json packages{Json::Array{}};
    Json resolve;
    if (request.no_deps) {
        for (const PackagePtr& member : workspace.members) packages.push(package_json(*member));
    } else {
        TRY(resolved, resolve_workspace(graph, request));
        Walk walk(graph, request, resolved);
        for (const PackagePtr& member : workspace.members)
            if (std::optional<std::size_t> index = graph.find(*member)) walk.visit(*index);
        for (std::size_t index : walk.present()) packages.push(package_json(*graph.node(index).package));
        resolve = resolve_json(workspace, walk);
    }
    Json out;
    out.set("packages", std::move(packages));
    out.set("workspace_members", member_ids(workspace, false));
    out.set("workspace_default_members", member_ids(workspace, true));
    out.set("resolve", std::move(resolve));
    out.set("target_directory", request.target_directory);
    out.set("build_directory", request.target_directory);
    out.set("version", 1);
    out.set("workspace_root", workspace.root_directory);
    out.set("metadata", workspace.metadata);
    return out;
}

}  // namespace cermet::rust

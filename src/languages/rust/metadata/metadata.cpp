// cargo metadata's JSON, made of the package graph.
// SPDX-License-Identifier: MIT
#include "languages/rust/metadata/metadata.h"

#include <algorithm>
#include <set>

#include "base/path.h"
#include "base/text.h"
#include "languages/rust/features/requested.h"

namespace cermet::rust {

namespace metadata_detail {

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
    out.set("source", dependency.source.is_path() ? Json() : Json(dependency.source.identity()));
    out.set("req", dependency.requirement.text());
    out.set("kind", kind_json(dependency.kind));
    out.set("rename", dependency.renamed() ? Json(dependency.key) : Json());
    out.set("optional", dependency.optional);
    out.set("uses_default_features", dependency.default_features);
    out.set("features", Json::strings(dependency.features));
    out.set("target", dependency.platform ? Json(dependency.platform->canonical()) : Json());
    out.set("registry", text_or_null(dependency.registry));
    if (!dependency.path.empty()) out.set("path", dependency.path);
    return out;
}

Json target_json(const Target& target) {
    Json out;
    out.set("kind", Json::strings(target.kinds()));
    out.set("crate_types", Json::strings(target.crate_types));
    out.set("name", target.name);
    out.set("src_path", target.src_path);
    out.set("edition", target.edition);
    out.set("doc", target.doc);
    out.set("doctest", target.doctest);
    out.set("test", target.test);
    if (!target.required_features.empty()) out.set("required-features", Json::strings(target.required_features));
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
    out.set("source", package.source.is_path() ? Json() : Json(package.source.text()));
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
    return out;
}

// Walks what the members reach; a package whose sources are not here is left out together with its edges.
class Walk {
   public:
    Walk(PackageGraph& graph, const MetadataRequest& request) : graph_(graph), request_(request) {}

    Status visit(std::size_t index) {
        if (!seen_.insert(index).second) return {};
        Result<const PackageGraph::Node*> node = graph_.need(index);
        if (!node) {
            if (node.error().kind == ErrorKind::Environment) return {};
            return std::move(node).error();
        }
        present_.insert(index);
        for (const PackageGraph::Edge& edge : (*node)->edges)
            if (counts(*edge.declaration)) TRY_VOID(visit(edge.package));
        return {};
    }

    bool counts(const Dependency& dependency) const {
        if (!dependency.platform || request_.filter_platform == nullptr) return true;
        const TargetInfo& info = dependency.kind == DependencyKind::Build && request_.host != nullptr
                                     ? *request_.host
                                     : *request_.filter_platform;
        return dependency.platform->matches(info.triple, info.cfgs);
    }

    const std::set<std::size_t>& present() const { return present_; }

    Json node_json(std::size_t index, const ResolvedFeatures& features) const {
        const PackageGraph::Node& node = graph_.node(index);
        std::map<std::size_t, std::vector<const Dependency*>> groups;
        for (const PackageGraph::Edge& edge : node.edges)
            if (present_.count(edge.package) != 0 && counts(*edge.declaration))
                groups[edge.package].push_back(edge.declaration);
        Json deps{Json::Array{}};
        std::vector<std::string> ids;
        for (const auto& [child, declarations] : groups) {
            const Package& package = *graph_.node(child).package;
            ids.push_back(package_spec(package));
            deps.push(edge_json(package, declarations));
        }
        std::sort(ids.begin(), ids.end());
        std::set<std::string> active;
        for (FeaturesFor fk : {FeaturesFor::NormalOrDev, FeaturesFor::HostDep})
            if (const std::set<std::string>* found = features.of(index, fk))
                active.insert(found->begin(), found->end());
        Json out;
        out.set("id", package_spec(*node.package)).set("dependencies", Json::strings(ids));
        out.set("deps", std::move(deps));
        out.set("features", Json::strings(std::vector<std::string>(active.begin(), active.end())));
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
    std::set<std::size_t> seen_, present_;
};

Json member_ids(const Workspace& workspace, bool only_default) {
    Json out{Json::Array{}};
    for (std::size_t i = 0; i < workspace.members.size(); ++i) {
        bool is_default = std::find(workspace.default_members.begin(), workspace.default_members.end(), i) !=
                          workspace.default_members.end();
        if (!only_default || is_default) out.push(package_spec(*workspace.members[i]));
    }
    return out;
}

Result<Json> resolve_json(PackageGraph& graph, const MetadataRequest& request, const Walk& walk) {
    Selection selection = request.selection;
    selection.packages.clear();
    selection.roots.clear();
    selection.merged.clear();
    selection.workspace = true;
    ResolveInput input;
    input.host = request.host;
    if (request.filter_platform != nullptr) input.targets.push_back(request.filter_platform);
    input.has_dev_units = true;
    input.unify_all = request.filter_platform == nullptr;
    Result<ResolvedFeatures> resolved = resolve_features(graph, selection, input);
    if (!resolved && input.unify_all && resolved.error().kind == ErrorKind::Environment) {
        input.unify_all = false;  // sources of other platforms' packages are not here
        resolved = resolve_features(graph, selection, input);
    }
    if (!resolved) return std::move(resolved).error();
    const ResolvedFeatures& features = *resolved;
    Json nodes{Json::Array{}};
    for (std::size_t index : walk.present()) nodes.push(walk.node_json(index, features));
    const Workspace& workspace = graph.workspace();
    Json out;
    out.set("nodes", std::move(nodes));
    out.set("root", workspace.current ? Json(package_spec(*workspace.members[*workspace.current])) : Json());
    return out;
}

}  // namespace metadata_detail

Result<Json> metadata_json(PackageGraph& graph, const MetadataRequest& request) {
    using namespace metadata_detail;
    const Workspace& workspace = graph.workspace();
    Walk walk(graph, request);
    Json packages{Json::Array{}};
    Json resolve;
    if (request.no_deps) {
        for (const PackagePtr& member : workspace.members) packages.push(package_json(*member));
    } else {
        for (const PackagePtr& member : workspace.members)
            if (std::optional<std::size_t> index = graph.find(*member)) TRY_VOID(walk.visit(*index));
        for (std::size_t index : walk.present()) packages.push(package_json(*graph.node(index).package));
        TRY(resolved, resolve_json(graph, request, walk));
        resolve = std::move(resolved);
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

// The feature resolver: a work of activation that only ever adds, for resolvers 1, 2 and 3 (cargo.md §3).
// SPDX-License-Identifier: MIT
//
// State is keyed by (package, FeaturesFor). activate_package() visits a package once per key and then its mandatory
// dependencies; optional ones wait for a feature value; weak values wait until their dependency turns on.
#include "languages/rust/features/resolve.h"

#include <algorithm>
#include <string_view>

#include "base/text.h"
#include "languages/rust/features/lock_resolve.h"
#include "languages/rust/features/requested.h"

namespace cermet::rust {

namespace resolve_detail {

class Resolver : private LockScope {
   public:
    Resolver(PackageGraph& graph, const Selection& selection, const ResolveInput& input)
        : graph_(graph), selection_(selection), input_(input) {
        out_.split_hosts = graph.workspace().resolver > 1;
    }

    Result<ResolvedFeatures> run(const std::vector<RequestedFeatures>& requested) {
        for (const RequestedFeatures& one : requested) roots_.insert(one.node);
        TRY_VOID(find_edges(requested));
        for (const RequestedFeatures& one : requested) {
            TRY(node, graph_.need(one.node));
            std::vector<FeatureValue> values = one.values;
            const FeatureMap& map = node->package->features;
            if (one.default_features && map.count("default") != 0) values.push_back(parse_feature_value("default"));
            if (one.all_features)
                for (const auto& [name, list] : map) values.push_back(parse_feature_value(name));
            TRY_VOID(activate_package(one.node, FeaturesFor::NormalOrDev, values));
            if (out_.split_hosts && has_proc_macro(*node->package))
                TRY_VOID(activate_package(one.node, FeaturesFor::HostDep, values));
        }
        if (!follows_dev()) drop_unnamed_edges(requested);
        return std::move(out_);
    }

   private:
    // Do features reach dev-dependencies?
    bool follows_dev() const { return !out_.split_hosts || input_.has_dev_units; }

    // Only through dev-dependencies can a feature get further here than the lock's resolver lets it, which knows no
    // sides and waits for no weak feature. Where they are not followed its answer is not needed, and nor are the sources
    // of packages that only it would look into.
    Status find_edges(const std::vector<RequestedFeatures>& requested) {
        out_.edges.resize(graph_.size());
        if (!follows_dev()) return {};
        TRY(lock, resolve_lock(graph_, requested, *this));
        for (std::size_t i = 0; i < lock.packages.size(); ++i) out_.edges[i] = std::move(lock.packages[i].edges);
        return {};
    }

    // An optional dependency is there for the lock when a feature names it, also when that waits or asks it of a side
    // or platform that does not have it.
    void drop_unnamed_edges(const std::vector<RequestedFeatures>& requested) {
        std::vector<std::set<std::string_view>> named(out_.edges.size());
        auto add = [&](std::size_t package, const FeatureValue& value) {
            if (value.kind != FeatureValue::Kind::Feature) named[package].insert(value.dep);
        };
        for (const RequestedFeatures& one : requested)
            for (const FeatureValue& value : one.values) add(one.node, value);
        for (const auto& [key, features] : out_.features) {
            const FeatureMap& map = graph_.node(key.first).package->features;
            for (const std::string& feature : features)
                for (const FeatureValue& value : map.at(feature)) add(key.first, value);
        }
        for (std::size_t i = 0; i < out_.edges.size(); ++i)
            std::erase_if(out_.edges[i], [&](const PackageGraph::Edge& edge) {
                return edge.declaration->optional && named[i].count(edge.declaration->key) == 0;
            });
    }

    Result<const std::vector<PackageGraph::Edge>*> edges_of(std::size_t package) {
        TRY(node, graph_.need(package));
        std::vector<PackageGraph::Edge>& edges = out_.edges[package];
        if (edges.empty() && !follows_dev()) {
            bool is_root = roots_.count(package) != 0;
            for (const PackageGraph::Edge& edge : node->edges)
                if (is_root || edge.declaration->kind != DependencyKind::Development) edges.push_back(edge);
        }
        return &edges;
    }

    // On any side: the sources of what other platforms have are not needed.
    bool counts(const Dependency& dependency) const override {
        return counts(FeaturesFor::NormalOrDev, dependency) || counts(FeaturesFor::HostDep, dependency);
    }

    const std::vector<std::string>& added(const PackageId& package) const override {
        return added_to(selection_, package);
    }

    // Does this edge exist for the key at all (F4, F5)?
    bool counts(FeaturesFor fk, const Dependency& dependency) const {
        if (dependency.kind == DependencyKind::Development && !follows_dev()) return false;
        if (!dependency.platform || !out_.split_hosts) return true;
        auto matches = [&](const TargetInfo& info) { return dependency.platform->matches(info.triple, info.cfgs); };
        if (dependency.kind == DependencyKind::Build || fk == FeaturesFor::HostDep || input_.targets.empty())
            return matches(*input_.host);
        for (const TargetInfo* target : input_.targets)
            if (matches(*target)) return true;
        return false;
    }

    Result<FeaturesFor> child_key(FeaturesFor fk, const Dependency& dependency, std::size_t child) {
        if (!out_.split_hosts || fk == FeaturesFor::HostDep) return fk;
        if (dependency.kind == DependencyKind::Build) return FeaturesFor::HostDep;
        TRY(node, graph_.need(child));
        const Target* library = node->package->library();
        return library != nullptr && library->is_proc_macro() ? FeaturesFor::HostDep : fk;
    }

    Status activate_package(std::size_t package, FeaturesFor fk, const std::vector<FeatureValue>& values) {
        ResolvedFeatures::Key key = out_.key(package, fk);
        out_.features[key];
        for (const FeatureValue& value : values) TRY_VOID(activate_value(package, fk, value));
        if (!visited_.insert(key).second) return {};
        for (const std::string& name : added(graph_.node(package).id)) TRY_VOID(activate_feature(package, fk, name));
        TRY(edges, edges_of(package));
        for (const PackageGraph::Edge& edge : *edges) {
            if (edge.declaration->optional || !counts(fk, *edge.declaration)) continue;
            TRY_VOID(activate_edge(fk, edge));
        }
        return {};
    }

    Status activate_edge(FeaturesFor fk, const PackageGraph::Edge& edge) {
        TRY(child_fk, child_key(fk, *edge.declaration, edge.package));
        TRY(child, graph_.need(edge.package));
        std::vector<FeatureValue> values;
        for (const std::string& name : edge.declaration->features) {
            FeatureValue value;
            value.feature = name;
            if (contains(name, "/") || name.starts_with("dep:")) value = parse_feature_value(name);
            values.push_back(std::move(value));
        }
        if (edge.declaration->default_features && child->package->features.count("default") != 0)
            values.push_back(parse_feature_value("default"));
        Status done = activate_package(edge.package, child_fk, values);
        if (!done && done.error().where.file.empty()) return std::move(done).error().at(edge.declaration->where);
        return done;
    }

    Status activate_value(std::size_t package, FeaturesFor fk, const FeatureValue& value) {
        switch (value.kind) {
            case FeatureValue::Kind::Feature: return activate_feature(package, fk, value.feature);
            case FeatureValue::Kind::Dep: return activate_dependency(package, fk, value.dep);
            case FeatureValue::Kind::DepFeature: return activate_dep_feature(package, fk, value);
        }
        return {};
    }

    Status activate_feature(std::size_t package, FeaturesFor fk, const std::string& name) {
        TRY(node, graph_.need(package));
        if (node->absent) return {};
        auto found = node->package->features.find(name);
        if (found == node->package->features.end()) {
            return project_error(cat("package ", node->id.name, " ", node->id.version, " has no feature `", name, "`"),
                                 is_optional(*node->package, name)
                                     ? cat("its optional dependency `", name,
                                           "` is only reachable through features that name dep:", name)
                                     : std::string());
        }
        if (!out_.features[out_.key(package, fk)].insert(name).second) return {};
        for (const FeatureValue& value : found->second) TRY_VOID(activate_value(package, fk, value));
        return {};
    }

    static bool is_optional(const Package& package, const std::string& key) {
        for (const Dependency& dependency : package.dependencies)
            if (dependency.key == key && dependency.optional) return true;
        return false;
    }

    Status activate_dependency(std::size_t package, FeaturesFor fk, const std::string& name) {
        ResolvedFeatures::Key key = out_.key(package, fk);
        out_.dependencies[key].insert(name);
        std::set<std::string> waiting;
        auto deferred = deferred_.find({key, name});
        if (deferred != deferred_.end()) {
            waiting = std::move(deferred->second);
            deferred_.erase(deferred);
        }
        TRY(node, graph_.need(package));
        if (!has_edge(*node, name) && is_declared_here(*node, name))
            return project_error(cat("Cargo.lock gives package `", node->id.name, "` no `", name,
                                     "`, which a selected feature needs"),
                                 added(node->id).empty()
                                     ? "Cargo.lock is stale: run `cargo update --workspace` once"
                                     : "a rule adds the feature: Cargo.lock has what it needs when a feature of a "
                                       "workspace member leads to it too, switched on or not")
                .at(node->package->where);
        TRY(edges, edges_of(package));
        for (const PackageGraph::Edge& edge : *edges) {
            if (edge.declaration->key != name || !counts(fk, *edge.declaration)) continue;
            TRY(child_fk, child_key(fk, *edge.declaration, edge.package));
            for (const std::string& feature : waiting) TRY_VOID(activate_feature(edge.package, child_fk, feature));
            TRY_VOID(activate_edge(fk, edge));
        }
        return {};
    }

    static bool has_edge(const PackageGraph::Node& node, const std::string& key) {
        return std::any_of(node.edges.begin(), node.edges.end(),
                           [&](const PackageGraph::Edge& edge) { return edge.declaration->key == key; });
    }

    // Declared for a platform or kind that counts, yet without an edge.
    bool is_declared_here(const PackageGraph::Node& node, const std::string& name) const {
        for (const Dependency& dependency : node.package->dependencies)
            if (dependency.key == name && !dependency.platform && dependency.kind != DependencyKind::Development)
                return true;
        return false;
    }

    Status activate_dep_feature(std::size_t package, FeaturesFor fk, const FeatureValue& value) {
        ResolvedFeatures::Key key = out_.key(package, fk);
        TRY(node, graph_.need(package));
        TRY(edges, edges_of(package));
        for (const PackageGraph::Edge& edge : *edges) {
            if (edge.declaration->key != value.dep || !counts(fk, *edge.declaration)) continue;
            if (edge.declaration->optional) {
                if (value.weak && out_.dependencies[key].count(value.dep) == 0) {
                    deferred_[{key, value.dep}].insert(value.feature);
                    continue;
                }
                TRY_VOID(activate_dependency(package, fk, value.dep));
                if (!value.weak && node->package->features.count(value.dep) != 0)
                    TRY_VOID(activate_feature(package, fk, value.dep));
            }
            TRY(child_fk, child_key(fk, *edge.declaration, edge.package));
            Status done = activate_feature(edge.package, child_fk, value.feature);
            if (!done && done.error().where.file.empty()) return std::move(done).error().at(node->package->where);
            if (!done) return done;
        }
        return {};
    }

    PackageGraph& graph_;
    const Selection& selection_;
    const ResolveInput& input_;
    ResolvedFeatures out_;
    std::set<std::size_t> roots_;
    std::set<ResolvedFeatures::Key> visited_;
    std::map<std::pair<ResolvedFeatures::Key, std::string>, std::set<std::string>> deferred_;
};

}  // namespace resolve_detail

const std::vector<std::string>& added_to(const Selection& selection, const PackageId& package) {
    static const std::vector<std::string> none;
    auto found = selection.added_features.find(cat(package.name, " ", package.version));
    return found != selection.added_features.end() ? found->second : none;
}

const std::set<std::string>* ResolvedFeatures::of(std::size_t package, FeaturesFor f) const {
    auto found = features.find(key(package, f));
    return found != features.end() ? &found->second : nullptr;
}

Result<ResolvedFeatures> resolve_features(PackageGraph& graph, const Selection& selection, const ResolveInput& input) {
    TRY(requested, requested_features(graph, selection));
    return resolve_detail::Resolver(graph, selection, input).run(requested);
}

}  // namespace cermet::rust

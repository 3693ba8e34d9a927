// The lock's own resolution: features and edges over all platforms, as a work list that only ever adds.
// SPDX-License-Identifier: MIT
#include "languages/rust/metadata/lock_resolve.h"

#include <algorithm>

#include "base/text.h"
#include "languages/rust/features/requested.h"

namespace cermet::rust {

namespace lock_resolve_detail {

class Resolver {
   public:
    Resolver(PackageGraph& graph, const MetadataRequest& request) : graph_(graph), request_(request) {}

    Result<LockResolve> run(const std::vector<RequestedFeatures>& requested) {
        for (const RequestedFeatures& one : requested) {
            states_[one.node].is_root = true;
            TRY(node, graph_.need(one.node));
            const FeatureMap& map = node->package->features;
            if (one.default_features && map.count("default") != 0) TRY_VOID(feature(one.node, "default"));
            if (one.all_features)
                for (const auto& [name, values] : map) TRY_VOID(feature(one.node, name));
            for (const FeatureValue& asked : one.values) TRY_VOID(value(one.node, asked));
            enqueue(one.node);
        }
        while (!queue_.empty()) {
            std::size_t next = *queue_.begin();
            queue_.erase(queue_.begin());
            TRY_VOID(visit(next));
        }
        LockResolve out;
        for (auto& [index, state] : states_)
            if (!state.missing) out.packages[index] = {std::move(state.features), active_edges(index)};
        return out;
    }

   private:
    struct State {
        std::set<std::string> features;
        std::map<std::string, std::set<std::string>> deps;  // what features ask of dependencies, by key in the manifest
        bool is_root = false;
        bool missing = false;
    };

    void enqueue(std::size_t index) { queue_.insert(index); }

    Status visit(std::size_t index) {
        for (const PackageGraph::Edge& edge : graph_.node(index).edges) {
            if (!counts(index, *edge.declaration)) continue;
            if (states_.count(edge.package) == 0) enqueue(edge.package);
            State& child = states_[edge.package];
            if (child.missing) continue;
            Result<const PackageGraph::Node*> node = graph_.need(edge.package);
            if (!node && node.error().kind == ErrorKind::Environment) {
                child.missing = true;
                queue_.erase(edge.package);
                continue;
            }
            if (!node) return std::move(node).error();
            TRY_VOID(ask(index, edge));
        }
        return {};
    }

    Status ask(std::size_t parent, const PackageGraph::Edge& edge) {
        const Dependency& dependency = *edge.declaration;
        std::set<std::string> wanted(dependency.features.begin(), dependency.features.end());
        const State& state = states_[parent];
        auto more = state.deps.find(dependency.key);
        if (more != state.deps.end()) wanted.insert(more->second.begin(), more->second.end());
        if (dependency.default_features && graph_.node(edge.package).package->features.count("default") != 0)
            wanted.insert("default");
        for (const std::string& name : wanted) {
            Status done = feature(edge.package, name);
            if (!done) return std::move(done).error().at(dependency.where);
        }
        return {};
    }

    bool counts(std::size_t index, const Dependency& dependency) const {
        const State& state = states_.at(index);
        if (dependency.kind == DependencyKind::Development && !state.is_root) return false;
        if (dependency.optional && state.deps.count(dependency.key) == 0) return false;
        return !request_.only_platform || counts_for(request_, dependency);
    }

    std::vector<PackageGraph::Edge> active_edges(std::size_t index) const {
        std::vector<PackageGraph::Edge> out;
        for (const PackageGraph::Edge& edge : graph_.node(index).edges)
            if (counts(index, *edge.declaration) && !states_.at(edge.package).missing) out.push_back(edge);
        return out;
    }

    Status feature(std::size_t index, const std::string& name) {
        const PackageGraph::Node& node = graph_.node(index);
        auto found = node.package->features.find(name);
        if (found == node.package->features.end())
            return project_error(cat("package ", node.id.name, " ", node.id.version, " has no feature `", name, "`"));
        if (!states_[index].features.insert(name).second) return {};
        enqueue(index);
        for (const FeatureValue& one : found->second) TRY_VOID(value(index, one));
        return {};
    }

    Status value(std::size_t index, const FeatureValue& asked) {
        switch (asked.kind) {
            case FeatureValue::Kind::Feature: return feature(index, asked.feature);
            case FeatureValue::Kind::Dep: states_[index].deps[asked.dep]; break;
            case FeatureValue::Kind::DepFeature:
                if (!asked.weak && has_optional(index, asked.dep) &&
                    graph_.node(index).package->features.count(asked.dep) != 0)
                    TRY_VOID(feature(index, asked.dep));
                states_[index].deps[asked.dep].insert(asked.feature);
                break;
        }
        enqueue(index);
        return {};
    }

    bool has_optional(std::size_t index, const std::string& key) const {
        const std::vector<Dependency>& all = graph_.node(index).package->dependencies;
        return std::any_of(all.begin(), all.end(), [&](const Dependency& d) { return d.key == key && d.optional; });
    }

    PackageGraph& graph_;
    const MetadataRequest& request_;
    std::map<std::size_t, State> states_;
    std::set<std::size_t> queue_;
};

}  // namespace lock_resolve_detail

bool counts_for(const MetadataRequest& request, const Dependency& dependency) {
    if (!dependency.platform || request.filter_platform == nullptr) return true;
    bool on_host = dependency.kind == DependencyKind::Build && request.host != nullptr;
    const TargetInfo& info = on_host ? *request.host : *request.filter_platform;
    return dependency.platform->matches(info.triple, info.cfgs);
}

Result<LockResolve> resolve_lock(PackageGraph& graph, const MetadataRequest& request) {
    Selection selection = request.selection;
    selection.packages.clear();
    selection.roots.clear();
    selection.merged.clear();
    selection.workspace = true;
    TRY(requested, requested_features(graph, selection));
    return lock_resolve_detail::Resolver(graph, request).run(requested);
}

}  // namespace cermet::rust

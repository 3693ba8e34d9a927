// The lock's own resolution, as a list of what is still to be asked of packages; it only ever adds.
// SPDX-License-Identifier: MIT
//
// Each edge is activated once and each feature of a package is followed once, so the work is that of the graph's size.
// The roots' own features are followed before anything else: only they speak to dev-dependencies.
#include "languages/rust/features/lock_resolve.h"

#include <algorithm>
#include <string_view>

#include "base/text.h"

namespace cermet::rust {

namespace lock_resolve_detail {

enum class Asker { Root, Dependent };

class Resolver {
   public:
    Resolver(PackageGraph& graph, const LockScope& scope) : graph_(graph), scope_(scope), states_(graph.size()) {}

    Result<LockResolve> run(const std::vector<RequestedFeatures>& requested) {
        for (const RequestedFeatures& one : requested) states_[one.node].is_root = true;
        for (const RequestedFeatures& one : requested) TRY_VOID(root(one));
        while (!asked_.empty()) {
            Asked next = asked_.back();
            asked_.pop_back();
            TRY(here, reach(next.package));
            if (!here) continue;
            Status done = next.feature != nullptr     ? feature(next.package, *next.feature, Asker::Dependent)
                          : next.by->default_features ? default_feature(next.package, Asker::Dependent)
                                                      : Status();
            if (!done && done.error().where.file.empty() && next.by != nullptr)
                return std::move(done).error().at(next.by->where);
            if (!done) return std::move(done).error();
        }
        return answer();
    }

   private:
    struct State {
        bool is_root = false;
        bool reached = false;
        bool missing = false;
        std::vector<char> active;             // per edge of the node
        std::set<std::string_view> features;  // views of names in the package's own map
    };
    // To be asked of a package: a feature, or, without a name, that it is there, with its default if that is wanted.
    struct Asked {
        std::size_t package = 0;
        const std::string* feature = nullptr;
        const Dependency* by = nullptr;  // the declaration that asks; null: none does, it is added
    };

    Status root(const RequestedFeatures& requested) {
        TRY(here, reach(requested.node));
        if (!here) return {};
        if (requested.default_features) TRY_VOID(default_feature(requested.node, Asker::Root));
        if (requested.all_features)
            for (const auto& [name, values] : graph_.node(requested.node).package->features)
                TRY_VOID(feature(requested.node, name, Asker::Root));
        for (const FeatureValue& asked : requested.values) TRY_VOID(value(requested.node, asked, Asker::Root));
        return {};
    }

    // False: the package's sources are not here, and that is no error.
    Result<bool> reach(std::size_t index) {
        State& state = states_[index];
        if (state.missing) return false;
        if (state.reached) return true;
        Result<const PackageGraph::Node*> node = graph_.need(index);
        if (!node && scope_.skip_absent && node.error().kind == ErrorKind::Environment) {
            state.missing = true;
            return false;
        }
        if (!node) return std::move(node).error();
        state.reached = true;
        state.active.assign((*node)->edges.size(), 0);
        for (std::size_t i = 0; i < state.active.size(); ++i)
            if (!(*node)->edges[i].declaration->optional) activate(index, i);
        for (const std::string& name : scope_.added((*node)->id)) asked_.push_back({index, &name, nullptr});
        return true;
    }

    void activate(std::size_t index, std::size_t edge_index) {
        const PackageGraph::Edge& edge = graph_.node(index).edges[edge_index];
        const Dependency& dependency = *edge.declaration;
        if (states_[index].active[edge_index] != 0) return;
        if (dependency.kind == DependencyKind::Development && !states_[index].is_root) return;
        states_[index].active[edge_index] = 1;
        if (!scope_.counts(dependency)) return;
        asked_.push_back({edge.package, nullptr, &dependency});
        for (const std::string& name : dependency.features) asked_.push_back({edge.package, &name, &dependency});
    }

    Status default_feature(std::size_t index, Asker asker) {
        auto found = graph_.node(index).package->features.find("default");
        return found != graph_.node(index).package->features.end() ? feature(index, found->first, asker) : Status();
    }

    Status feature(std::size_t index, const std::string& name, Asker asker) {
        const PackageGraph::Node& node = graph_.node(index);
        if (node.absent) return {};
        auto found = node.package->features.find(name);
        if (found == node.package->features.end()) {
            return project_error(cat("package ", node.id.name, " ", node.id.version, " has no feature `", name, "`"),
                                 is_optional(*node.package, name)
                                     ? cat("its optional dependency `", name,
                                           "` is only reachable through features that name dep:", name)
                                     : std::string());
        }
        if (!states_[index].features.insert(found->first).second) return {};
        for (const FeatureValue& one : found->second) TRY_VOID(value(index, one, asker));
        return {};
    }

    Status value(std::size_t index, const FeatureValue& asked, Asker asker) {
        const Package& package = *graph_.node(index).package;
        switch (asked.kind) {
            case FeatureValue::Kind::Feature: return feature(index, asked.feature, asker);
            case FeatureValue::Kind::Dep: ask_dependencies(index, asked.dep, nullptr, asker); break;
            case FeatureValue::Kind::DepFeature:
                if (!asked.weak && is_optional(package, asked.dep) && package.features.count(asked.dep) != 0)
                    TRY_VOID(feature(index, asked.dep, asker));
                ask_dependencies(index, asked.dep, &asked.feature, asker);
                break;
        }
        return {};
    }

    // Switches the optional dependencies of that key on, and asks a feature of all that have it.
    void ask_dependencies(std::size_t index, const std::string& key, const std::string* name, Asker asker) {
        const std::vector<PackageGraph::Edge>& edges = graph_.node(index).edges;
        for (std::size_t i = 0; i < edges.size(); ++i) {
            const Dependency& dependency = *edges[i].declaration;
            if (dependency.key != key) continue;
            if (dependency.kind == DependencyKind::Development && asker != Asker::Root) continue;
            activate(index, i);
            if (name != nullptr && scope_.counts(dependency)) asked_.push_back({edges[i].package, name, &dependency});
        }
    }

    static bool is_optional(const Package& package, const std::string& key) {
        return std::any_of(package.dependencies.begin(), package.dependencies.end(),
                           [&](const Dependency& d) { return d.optional && d.key == key; });
    }

    LockResolve answer() const {
        LockResolve out;
        out.packages.resize(states_.size());
        for (std::size_t index = 0; index < states_.size(); ++index) {
            const State& state = states_[index];
            if (!state.reached) continue;
            LockResolve::Package& package = out.packages[index];
            package.reached = true;
            package.features.insert(state.features.begin(), state.features.end());
            const std::vector<PackageGraph::Edge>& edges = graph_.node(index).edges;
            for (std::size_t i = 0; i < edges.size(); ++i)
                if (state.active[i] != 0 && !states_[edges[i].package].missing) package.edges.push_back(edges[i]);
        }
        return out;
    }

    PackageGraph& graph_;
    const LockScope& scope_;
    std::vector<State> states_;
    std::vector<Asked> asked_;
};

}  // namespace lock_resolve_detail

Result<LockResolve> resolve_lock(PackageGraph& graph, const std::vector<RequestedFeatures>& requested,
                                 const LockScope& scope) {
    return lock_resolve_detail::Resolver(graph, scope).run(requested);
}

}  // namespace cermet::rust

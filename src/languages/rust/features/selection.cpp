// Which packages a selection means, and which features the command line gives each of them (cargo.md F7).
// SPDX-License-Identifier: MIT
#include <algorithm>

#include "base/lists.h"
#include "base/text.h"
#include "languages/rust/features/requested.h"

namespace cermet::rust {

namespace selection_detail {

// NAME, NAME@VERSION or NAME:VERSION; VERSION may be partial.
bool spec_fits(std::string_view spec, const PackageId& id) {
    std::size_t at = spec.find_first_of("@:");
    if (spec.substr(0, at) != id.name) return false;
    if (at == std::string_view::npos) return true;
    std::string_view version = spec.substr(at + 1);
    return id.version == version || id.version.starts_with(cat(version, "."));
}

Error no_package(const PackageGraph& graph, const std::string& spec) {
    std::vector<std::string> names;
    for (const PackagePtr& member : graph.workspace().members) names.push_back(member->name);
    std::string near = nearest(spec, names);
    return usage_error(cat("package `", spec, "` is not in this workspace"),
                       near.empty() ? cat("packages are ", join(names, ", ")) : cat("did you mean `", near, "`?"));
}

// Of several declarations of one name the last one says whether it can be selected as a feature.
bool is_optional_dependency(const Package& package, const std::string& name) {
    bool optional = false;
    for (const Dependency& dependency : package.dependencies)
        if (dependency.key == name) optional = dependency.optional;
    return optional;
}

bool has_dependency(const Package& package, const std::string& name) {
    for (const Dependency& dependency : package.dependencies)
        if (dependency.key == name) return true;
    return false;
}

bool has_feature(const Package& package, const std::string& name) {
    return package.features.count(name) != 0 || is_optional_dependency(package, name);
}

Error unknown_feature(const PackageGraph& graph, const std::vector<std::size_t>& members, const std::string& feature) {
    std::vector<std::string> known;
    for (std::size_t index : members)
        if (graph.node(index).package)
            for (const auto& [name, values] : graph.node(index).package->features) known.push_back(name);
    std::string near = nearest(feature, known);
    return usage_error(cat("none of the selected packages has the feature `", feature, "`"),
                       near.empty() ? known.empty() ? std::string("the selected packages have no features")
                                                    : cat("features are ", join(known, ", "))
                                    : cat("did you mean `", near, "`?"));
}

// Resolver 2 and virtual workspaces: every selected member takes what it defines.
Status matching_features(PackageGraph& graph, const Selection& selection, const std::vector<std::size_t>& members,
                         std::vector<RequestedFeatures>& out) {
    std::vector<bool> used(selection.features.size(), false);
    for (std::size_t index : members) {
        const Package& package = *graph.node(index).package;
        RequestedFeatures requested{index, {}, selection.default_features, selection.all_features};
        for (std::size_t i = 0; i < selection.features.size(); ++i) {
            FeatureValue value = parse_feature_value(selection.features[i]);
            if (value.kind == FeatureValue::Kind::Dep)
                return usage_error(cat("feature `", selection.features[i], "` cannot be selected"),
                                   "`dep:` is only for [features] in manifests");
            if (value.kind == FeatureValue::Kind::Feature) {
                if (!has_feature(package, value.feature)) continue;
            } else if (!has_dependency(package, value.dep)) {
                if (value.dep != package.name || !has_feature(package, value.feature)) continue;
                value.kind = FeatureValue::Kind::Feature;
            }
            used[i] = true;
            requested.values.push_back(std::move(value));
        }
        out.push_back(std::move(requested));
    }
    for (std::size_t i = 0; i < used.size(); ++i)
        if (!used[i]) return unknown_feature(graph, members, selection.features[i]);
    return {};
}

// Resolver 1 with a root package: plain features go to the current package only, members get their defaults.
Status current_features(PackageGraph& graph, const Selection& selection, const std::vector<std::size_t>& members,
                        std::optional<std::size_t> current, std::vector<RequestedFeatures>& out) {
    auto selected = [&](const std::string& name) {
        for (std::size_t index : members)
            if (graph.node(index).id.name == name && index != current) return true;
        return false;
    };
    for (std::size_t index = 0; index < graph.size(); ++index) {
        bool is_current = current && index == *current;
        bool is_selected = contains(members, index);
        if (!is_current && !is_selected) continue;
        RequestedFeatures requested{index, {}, true, selection.all_features};
        if (is_current) requested.default_features = selection.default_features;
        for (const std::string& text : selection.features) {
            FeatureValue value = parse_feature_value(text);
            bool foreign = value.kind == FeatureValue::Kind::DepFeature && selected(value.dep);
            if (foreign && value.dep == graph.node(index).id.name) {
                value.kind = FeatureValue::Kind::Feature;
                requested.values.push_back(std::move(value));
            } else if (is_current && !foreign) {
                if (value.kind == FeatureValue::Kind::Feature &&
                    !has_feature(*graph.node(index).package, value.feature))
                    return unknown_feature(graph, {index}, text);
                if (value.kind == FeatureValue::Kind::DepFeature &&
                    !has_dependency(*graph.node(index).package, value.dep))
                    return usage_error(cat("package `", graph.node(index).id.name, "` has no dependency `", value.dep,
                                           "` whose feature `", value.feature, "` could be selected"));
                requested.values.push_back(std::move(value));
            }
        }
        out.push_back(std::move(requested));
    }
    return {};
}

}  // namespace selection_detail

bool has_proc_macro(const Package& package) {
    return std::any_of(package.targets.begin(), package.targets.end(),
                       [](const Target& target) { return contains(target.crate_types, "proc-macro"); });
}

Result<std::size_t> find_package(PackageGraph& graph, const std::string& spec) {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < graph.size(); ++i)
        if (selection_detail::spec_fits(spec, graph.node(i).id)) found.push_back(i);
    if (found.size() > 1) {
        std::vector<std::size_t> members;
        for (std::size_t i : found)
            if (graph.node(i).is_member) members.push_back(i);
        if (members.size() == 1) found = members;
    }
    if (found.empty()) return selection_detail::no_package(graph, spec);
    if (found.size() > 1)
        return usage_error(cat("`", spec, "` names several packages"),
                           cat("write ", graph.node(found[0]).id.name, "@", graph.node(found[0]).id.version));
    return found[0];
}

Result<std::vector<std::size_t>> selected_packages(PackageGraph& graph, const Selection& selection) {
    const Workspace& workspace = graph.workspace();
    std::vector<std::size_t> out;
    auto add = [&](std::size_t index) { add_once(out, index); };
    auto add_member = [&](const PackagePtr& member) {
        for (const std::string& pattern : selection.exclude)
            if (glob_match(pattern, member->name)) return;
        if (std::optional<std::size_t> index = graph.find(*member)) add(*index);
    };
    for (const std::string& spec : selection.packages) {
        if (has_glob(spec)) {
            std::size_t before = out.size();
            for (const PackagePtr& member : workspace.members)
                if (glob_match(spec, member->name)) add_member(member);
            if (out.size() == before) return selection_detail::no_package(graph, spec);
            continue;
        }
        TRY(index, find_package(graph, spec));
        add(index);
    }
    for (const Selection::Root& root : selection.roots) {
        TRY(index, find_package(graph, root.package));
        add(index);
    }
    for (const Selection::Merged& merged : selection.merged)
        for (const std::string& spec : merged.packages) {
            TRY(index, find_package(graph, spec));
            add(index);
        }
    if (selection.workspace || !selection.exclude.empty())
        for (const PackagePtr& member : workspace.members) add_member(member);
    else if (out.empty())
        for (std::size_t i : workspace.default_members) add_member(workspace.members[i]);
    std::sort(out.begin(), out.end(),
              [&](std::size_t a, std::size_t b) { return graph.node(a).id < graph.node(b).id; });
    return out;
}

Result<std::vector<RequestedFeatures>> requested_features(PackageGraph& graph, const Selection& selection) {
    using namespace selection_detail;
    const Workspace& workspace = graph.workspace();
    TRY(selected, selected_packages(graph, selection));
    std::vector<std::size_t> members;
    for (std::size_t index : selected) {
        TRY(node, graph.need(index));
        if (node->is_member) members.push_back(index);
    }
    std::vector<RequestedFeatures> out;
    std::optional<std::size_t> current;
    if (workspace.current) current = graph.find(*workspace.members[*workspace.current]);
    bool of_all = workspace.is_virtual || workspace.resolver > 1;
    if (of_all && members.empty()) {  // only packages of dependencies were named: what they are is as all members say
        if (!selection.features.empty() || selection.all_features || !selection.default_features)
            return usage_error("features cannot be given for packages outside of the workspace");
        for (const PackagePtr& member : workspace.members)
            if (std::optional<std::size_t> index = graph.find(*member)) {
                TRY_VOID(graph.need(*index));
                out.push_back(RequestedFeatures{*index, {}, true, false});
            }
    } else if (of_all) {
        TRY_VOID(matching_features(graph, selection, members, out));
    } else {
        if (current) TRY_VOID(graph.need(*current));
        TRY_VOID(current_features(graph, selection, members, current, out));
    }
    for (RequestedFeatures& requested : out) {
        auto own = selection.package_features.find(graph.node(requested.node).id.name);
        if (own == selection.package_features.end()) continue;
        requested.default_features = own->second.default_features;
        requested.all_features |= own->second.all_features;
        for (const std::string& text : own->second.features) {
            FeatureValue value = parse_feature_value(text);
            if (value.kind == FeatureValue::Kind::Feature &&
                !has_feature(*graph.node(requested.node).package, value.feature))
                return unknown_feature(graph, {requested.node}, text);
            requested.values.push_back(std::move(value));
        }
    }
    return out;
}

}  // namespace cermet::rust

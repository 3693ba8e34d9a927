// Making the units of a selection: roots, dependencies, build scripts (cargo.md U1-U5, U7).
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <set>

#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "languages/rust/features/requested.h"
#include "languages/rust/units/draft.h"

namespace cermet::rust {

namespace build_units_detail {

// Only the library forms other crates can use; empty when there is none.
std::vector<std::string> linkable_types(const std::vector<std::string>& types) {
    for (const char* wanted : {"lib", "rlib"})
        if (contains(types, wanted)) return {wanted};
    return {};
}

class Builder {
   public:
    Builder(PackageGraph& graph, const BuildRequest& request) : graph_(graph), request_(request) {}

    Result<UnitGraph> run() {
        const Workspace& workspace = graph_.workspace();
        TRY(profiles,
            select_profile(workspace.root_document, workspace.root_manifest, workspace.config, request_.profile));
        profiles_ = profiles;
        std::vector<PackageId> ids;
        for (std::size_t i = 0; i < graph_.size(); ++i) ids.push_back(graph_.node(i).id);
        TRY_VOID(check_package_overrides(workspace.root_document, workspace.root_manifest, workspace.config,
                                         request_.profile, ids));
        ResolveInput input;
        input.host = &request_.host;
        if (request_.target) input.targets.push_back(&*request_.target);
        input.has_dev_units = wants_examples();
        TRY(features, resolve_features(graph_, request_.selection, input));
        features_ = std::move(features);
        TRY_VOID(make_roots());
        if (roots_.empty()) warnings_.push_back("nothing to build: the selected packages have no such target");
        for (std::size_t root : roots_) TRY_VOID(expand(root, root_unit_for(drafts_[root].unit)));
        TRY_VOID(check_links());
        connect_scripts();
        sort_deps();
        UnitGraph out = share_units(drafts_, roots_, request_.target ? "" : request_.host.triple);
        out.workspace_root = workspace.root_directory;
        out.profile_directory = profiles_.directory;
        out.warnings = std::move(warnings_);
        mark_primary(out);
        assign_lto(out);
        assign_identities(out, request_);
        return out;
    }

   private:
    // --- roots ----------------------------------------------------------------------------------------------

    bool wants_examples() const {
        if (!request_.selection.examples.empty() || request_.selection.all_examples) return true;
        for (const Selection::Root& root : request_.selection.roots)
            if (root.kind == TargetKind::Example) return true;
        return false;
    }

    bool narrow() const { return request_.selection.narrow_dependencies || !request_.selection.merged.empty(); }

    std::string root_platform() const { return request_.target ? request_.target->triple : request_.host.triple; }

    static UnitFor root_unit_for(const Unit& unit) {
        return unit.target.is_proc_macro() ? UnitFor{true, true, true} : UnitFor{};
    }

    Status make_roots() {
        const Selection& selection = request_.selection;
        for (const Selection::Merged& merged : selection.merged) TRY_VOID(add_merged(merged));
        for (const Selection::Root& root : selection.roots) TRY_VOID(add_named_root(root));
        if (roots_.empty()) return add_default_roots();
        // What is named is all that is built. Packages beside it choose features together with it, and are primary in
        // every graph of their selection; as roots, in their manifest's crate types, they would change its LTO.
        TRY(selected, selected_packages(graph_, selection));
        primary_.insert(selected.begin(), selected.end());
        return {};
    }

    bool is_filtered() const {
        const Selection& s = request_.selection;
        return s.lib || s.all_bins || !s.bins.empty() || s.all_examples || !s.examples.empty();
    }

    // Which programs, or which examples, are wanted: all of them, or those that some name or pattern fits.
    struct Wanted {
        Wanted(bool every, const std::vector<std::string>& names) : all(every) {
            if (all) return;
            patterns = names;
            unmatched.insert(names.begin(), names.end());
        }
        bool take(const std::string& name) {
            bool found = all;
            for (const std::string& pattern : patterns) {
                if (has_glob(pattern) ? !glob_match(pattern, name) : pattern != name) continue;
                found = true;
                unmatched.erase(pattern);
            }
            return found;
        }
        bool all;
        std::set<std::string> unmatched;
        std::vector<std::string> patterns;
    };

    Status add_default_roots() {
        Selection packages = request_.selection;
        packages.roots.clear();
        packages.merged.clear();
        TRY(selected, selected_packages(graph_, packages));
        if (selected.empty())
            return usage_error("there is no package to build", graph_.workspace().members.empty()
                                                                   ? "the workspace has no members"
                                                                   : "all members are excluded");
        const Selection& s = request_.selection;
        Wanted bins(s.all_bins, s.bins);
        Wanted examples(s.all_examples, s.examples);
        bool any_lib = false;
        for (std::size_t index : selected) {
            TRY(node, graph_.need(index));
            for (const Target& target : node->package->targets) {
                bool by_name = false;
                bool wanted = !is_filtered() && (target.is_lib() || target.is_bin());
                if (is_filtered() && target.is_lib()) wanted = s.lib;
                if (target.is_bin() && is_filtered()) {
                    wanted = bins.take(target.name);
                    by_name = !bins.all;
                }
                if (target.kind == TargetKind::Example) {
                    wanted = examples.take(target.name);
                    by_name = !examples.all;
                }
                if (!wanted) continue;
                any_lib |= target.is_lib();
                TRY(satisfied, required_features(*node, index, target, by_name));
                if (satisfied) TRY_VOID(add_root(*node, index, target));
            }
        }
        if (!bins.unmatched.empty()) return no_target("bin", *bins.unmatched.begin(), TargetKind::Bin, selected);
        if (!examples.unmatched.empty())
            return no_target("example", *examples.unmatched.begin(), TargetKind::Example, selected);
        if (s.lib && !any_lib) return usage_error("none of the selected packages has a library");
        return {};
    }

    Error no_target(std::string_view what, const std::string& name, TargetKind kind,
                    const std::vector<std::size_t>& selected) {
        std::vector<std::string> names;
        for (std::size_t index : selected)
            for (const Target& target : graph_.node(index).package->targets)
                if (target.kind == kind) names.push_back(target.name);
        return usage_error(cat("none of the selected packages has the ", what, " `", name, "`"),
                           names.empty() ? std::string() : cat("there are ", join(names, ", ")));
    }

    Status add_named_root(const Selection::Root& root) {
        TRY(index, find_package(graph_, root.package));
        TRY(node, graph_.need(index));
        for (const Target& target : node->package->targets) {
            if (target.kind != root.kind) continue;
            if (!root.name.empty() && target.name != root.name) continue;
            TRY_VOID(required_features(*node, index, target, true));
            Target wanted = target;
            if (!root.crate_types.empty()) wanted.crate_types = root.crate_types;
            return add_root(*node, index, wanted);
        }
        std::string what = root.kind == TargetKind::Lib ? "library" : "such target";
        return project_error(cat("package `", root.package, "` has no ", what,
                                 root.name.empty() ? std::string() : cat(" named `", root.name, "`")))
            .at(node->package->where);
    }

    // May the target be built? When it was named, unmet required features are an error (M9).
    Result<bool> required_features(const PackageGraph::Node& node, std::size_t index, const Target& target,
                                   bool named) {
        if (features_.of(index, target.is_proc_macro() ? FeaturesFor::HostDep : FeaturesFor::NormalOrDev) == nullptr)
            return usage_error(cat("package `", node.id.name, "` is nothing that the selected packages depend on"),
                               "select one that does too, with the features that it takes");
        if (target.required_features.empty()) return true;
        std::set<std::string> active = all_features(index);
        for (const std::string& feature : target.required_features) {
            if (active.count(feature) != 0) continue;
            if (!named) return false;
            return usage_error(cat("target `", target.name, "` of package `", node.package->name,
                                   "` needs the feature `", feature, "`"),
                               cat("select it with --features ", feature))
                .at(target.where);
        }
        return true;
    }

    // The package's features and, as "dep/feature", those of all that it depends on somehow: also where that is not
    // switched on here, as long as something else has it.
    std::set<std::string> all_features(std::size_t index) {
        std::set<std::string> out;
        if (const std::set<std::string>* own = features_.of(index, FeaturesFor::NormalOrDev)) out = *own;
        std::set<std::size_t> seen;
        for (const PackageGraph::Edge& edge : features_.edges[index])
            if (counts_for_targets(*edge.declaration)) seen.insert(edge.package);
        for (const PackageGraph::Edge& edge : features_.edges[index]) {
            if (seen.count(edge.package) == 0 || !graph_.node(edge.package).package) continue;
            bool for_host =
                edge.declaration->kind == DependencyKind::Build || has_proc_macro(*graph_.node(edge.package).package);
            const std::set<std::string>* features =
                features_.of(edge.package, for_host ? FeaturesFor::HostDep : FeaturesFor::NormalOrDev);
            if (features == nullptr) continue;
            for (const std::string& feature : *features) out.insert(cat(edge.declaration->key, "/", feature));
        }
        return out;
    }

    bool counts_for_targets(const Dependency& dependency) const {
        if (dependency.kind == DependencyKind::Development && !wants_examples()) return false;
        if (!dependency.platform) return true;
        auto matches = [&](const TargetInfo& info) { return dependency.platform->matches(info.triple, info.cfgs); };
        return matches(request_.host) || (request_.target && matches(*request_.target));
    }

    bool dependency_active(std::size_t index, FeaturesFor fk, const std::string& key) const {
        auto found = features_.dependencies.find(features_.key(index, fk));
        return found != features_.dependencies.end() && found->second.count(key) != 0;
    }

    Status add_root(const PackageGraph::Node& node, std::size_t index, const Target& target) {
        bool proc_macro = target.is_proc_macro();
        UnitFor profile_for{false, false, proc_macro};
        FeaturesFor fk = proc_macro ? FeaturesFor::HostDep : FeaturesFor::NormalOrDev;
        TRY(unit, make_unit(node, index, target, profile_of(node, profile_for),
                            proc_macro ? std::string() : root_platform(), UnitMode::Build, fk));
        std::size_t added = drafts_.intern(std::move(unit), "");
        add_once(roots_, added);
        primary_.insert(index);
        return {};
    }

    // A generated crate that links several libraries into one archive.
    Status add_merged(const Selection::Merged& merged) {
        auto package = std::make_shared<Package>();
        package->name = merged.name;
        package->version_text = "0.0.0";
        package->directory = std::string(parent(merged.source));
        package->manifest_path = join_path(package->directory, "Cargo.toml");
        package->source = path_source(package->directory);
        package->edition = "2021";
        Target target;
        target.name = merged.name;
        target.crate_name = replace_all(merged.name, "-", "_");
        target.src_path = merged.source;
        target.edition = "2021";
        target.crate_types = {merged.crate_type};
        package->targets.push_back(target);
        Unit unit;
        unit.package = package;
        unit.node = k_generated;
        unit.target = target;
        ProfileSet::Question question;
        question.package = package.get();
        question.is_member = question.is_local = true;
        unit.profile = profiles_.resolve(question);
        unit.platform = root_platform();
        unit.is_local = unit.is_member = true;
        std::size_t root = drafts_.intern(std::move(unit), "");
        drafts_[root].expanded = true;
        std::vector<DraftDep> deps;
        for (const std::string& spec : merged.packages) {
            TRY(index, find_package(graph_, spec));
            TRY(node, graph_.need(index));
            const Target* library = node->package->library();
            if (library == nullptr || library->is_proc_macro())
                return project_error(
                           cat("package `", node->package->name, "` has no library to merge into `", merged.name, "`"))
                    .at(node->package->where);
            TRY(dep, make_dep(*node, index, *library, UnitFor{}, root_platform(), library->crate_name, Use::Merged));
            primary_.insert(index);
            deps.push_back(std::move(dep));
        }
        drafts_[root].deps = deps;
        for (const DraftDep& dep : deps) TRY_VOID(expand(dep.unit, dep.unit_for));
        roots_.push_back(root);
        return {};
    }

    // --- units ----------------------------------------------------------------------------------------------

    Profile profile_of(const PackageGraph::Node& node, const UnitFor& unit_for) const {
        ProfileSet::Question question;
        question.package = node.package.get();
        question.is_member = node.is_member;
        question.is_local = node.is_local;
        question.for_host = unit_for.host;
        question.must_unwind = unit_for.must_unwind;
        Profile profile = profiles_.resolve(question);
        const TargetInfo& info = request_.target && !unit_for.host ? *request_.target : request_.host;
        if (profile.debuginfo != "0" && profile.split_debuginfo.empty() && contains(info.triple, "-apple-"))
            profile.split_debuginfo = "unpacked";
        return profile;
    }

    Result<Unit> make_unit(const PackageGraph::Node& node, std::size_t index, const Target& target, Profile profile,
                           std::string platform, UnitMode mode, FeaturesFor fk) {
        Unit unit;
        unit.package = node.package;
        unit.node = index;
        unit.target = target;
        unit.profile = std::move(profile);
        unit.platform = std::move(platform);
        unit.mode = mode;
        unit.features_for = fk;
        unit.is_local = node.is_local;
        unit.is_member = node.is_member;
        const std::set<std::string>* features = features_.of(index, fk);
        if (features == nullptr)
            return bug(cat("no features were resolved for ", node.id.text(), " as ",
                           fk == FeaturesFor::HostDep ? "host" : "target"));
        unit.features.assign(features->begin(), features->end());
        return unit;
    }

    const TargetInfo& info_of(const std::string& platform) const {
        return request_.target && platform == request_.target->triple ? *request_.target : request_.host;
    }

    enum class Use { Dependency, Merged };

    // A library unit as a dependency.
    Result<DraftDep> make_dep(const PackageGraph::Node& node, std::size_t index, const Target& library,
                              const UnitFor& unit_for, const std::string& platform, std::string extern_name,
                              Use use = Use::Dependency) {
        Target target = library;
        if (narrow() && !library.is_proc_macro()) {
            std::vector<std::string> types = linkable_types(library.crate_types);
            if (types.empty() && use == Use::Merged) types = {"rlib"};
            if (!types.empty()) target.crate_types = types;
        }
        FeaturesFor fk = unit_for.host_features ? FeaturesFor::HostDep : FeaturesFor::NormalOrDev;
        TRY(unit, make_unit(node, index, target, profile_of(node, unit_for),
                            library.is_proc_macro() ? std::string() : platform, UnitMode::Build, fk));
        DraftDep dep;
        dep.unit = drafts_.intern(std::move(unit), "");
        dep.unit_for = unit_for;
        dep.extern_name = std::move(extern_name);
        return dep;
    }

    static UnitFor for_dependency(const UnitFor& unit_for, const Unit& parent, const Target& library) {
        UnitFor out = unit_for;
        out.host = unit_for.host || library.is_proc_macro();
        out.host_features = unit_for.host_features || parent.target.is_custom_build() || library.is_proc_macro();
        out.must_unwind = unit_for.must_unwind || library.is_proc_macro();
        return out;
    }

    Status expand(std::size_t index, const UnitFor& unit_for) {
        if (drafts_[index].expanded) return {};
        drafts_[index].expanded = true;
        Unit unit = drafts_[index].unit;  // a copy: the table grows below
        Result<std::vector<DraftDep>> deps =
            unit.is_run() ? deps_of_run(unit, unit_for) : deps_of_rustc(unit, unit_for);
        if (!deps) return std::move(deps).error();
        drafts_[index].deps = *deps;
        for (const DraftDep& dep : *deps) TRY_VOID(expand(dep.unit, dep.unit_for));
        return {};
    }

    Result<std::vector<DraftDep>> deps_of_rustc(const Unit& unit, const UnitFor& unit_for) {
        std::vector<DraftDep> out;
        TRY(node, graph_.need(unit.node));
        TRY_VOID(library_deps(*node, unit, unit_for, out));
        if (unit.target.is_custom_build()) return out;
        if (const Target* script = unit.package->build_script()) {
            TRY(run, run_unit(*node, unit, *script, unit_for));
            out.push_back(run);
        }
        if (unit.target.is_lib()) return out;
        const Target* library = unit.package->library();
        if (library != nullptr && library->is_linkable()) {
            TRY(own, make_dep(*node, unit.node, *library, for_dependency(unit_for, unit, *library), unit.platform,
                              library->crate_name));
            out.push_back(own);
        }
        return out;
    }

    Status library_deps(const PackageGraph::Node& node, const Unit& unit, const UnitFor& unit_for,
                        std::vector<DraftDep>& out) {
        std::vector<std::pair<std::size_t, std::vector<const Dependency*>>> groups;
        for (const PackageGraph::Edge& edge : features_.edges[unit.node]) {
            if (!edge_active(unit, unit_for, *edge.declaration)) continue;
            auto found =
                std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.first == edge.package; });
            if (found == groups.end())
                groups.push_back({edge.package, {edge.declaration}});
            else
                found->second.push_back(edge.declaration);
        }
        for (const auto& [package, declarations] : groups) {
            TRY(child, graph_.need(package));
            const Target* library = child->package->library();
            if (library == nullptr) {
                warnings_.push_back(cat("package `", node.package->name, "` depends on `", child->package->name,
                                        "`, which has no library"));
                continue;
            }
            TRY(name, extern_name(node, unit.node, package, *library));
            TRY(dep,
                make_dep(*child, package, *library, for_dependency(unit_for, unit, *library), unit.platform, name));
            dep.development = std::all_of(declarations.begin(), declarations.end(),
                                          [](const Dependency* d) { return d->kind == DependencyKind::Development; });
            out.push_back(dep);
        }
        return {};
    }

    bool edge_active(const Unit& unit, const UnitFor& unit_for, const Dependency& dependency) const {
        bool is_build = dependency.kind == DependencyKind::Build;
        if (unit.target.is_custom_build() != is_build) return false;
        if (dependency.kind == DependencyKind::Development && unit.target.kind != TargetKind::Example) return false;
        const TargetInfo& info = info_of(unit.platform);
        if (dependency.platform && !dependency.platform->matches(info.triple, info.cfgs)) return false;
        if (!dependency.optional) return true;
        FeaturesFor fk = unit_for.host_features ? FeaturesFor::HostDep : FeaturesFor::NormalOrDev;
        return dependency_active(unit.node, fk, dependency.key);
    }

    // One name for the crate in all of the package's tables, also in those that this unit does not see.
    Result<std::string> extern_name(const PackageGraph::Node& node, std::size_t parent, std::size_t child,
                                    const Target& library) const {
        std::string name;
        for (const PackageGraph::Edge& edge : features_.edges[parent]) {
            if (edge.package != child) continue;
            const Dependency* declaration = edge.declaration;
            std::string one = declaration->renamed() ? replace_all(declaration->key, "-", "_") : library.crate_name;
            if (!name.empty() && name != one)
                return project_error(cat("package `", node.package->name, "` depends on `", declaration->package,
                                         "` under two names, `", name, "` and `", one, "`"))
                    .at(declaration->where);
            name = std::move(one);
        }
        return name;
    }

    // --- build scripts --------------------------------------------------------------------------------------

    Result<DraftDep> run_unit(const PackageGraph::Node& node, const Unit& served, const Target& script,
                              const UnitFor& unit_for) {
        Profile profile;  // only what the script's environment shows (U7)
        profile.name = served.profile.name;
        profile.root = served.profile.root;
        profile.debuginfo = served.profile.debuginfo;
        profile.debuginfo_deferred = served.profile.debuginfo_deferred;
        profile.opt_level = served.profile.opt_level;
        profile.debug_assertions = served.profile.debug_assertions;
        UnitFor script_for{true, unit_for.host_features, true};
        FeaturesFor fk = unit_for.host_features ? FeaturesFor::HostDep : FeaturesFor::NormalOrDev;
        TRY(unit, make_unit(node, served.node, script, profile, served.platform, UnitMode::RunCustomBuild, fk));
        unit.links_overridden =
            links_override(graph_.workspace().config, info_of(served.platform).triple, node.package->links) != nullptr;
        DraftDep dep;
        dep.unit = drafts_.intern(std::move(unit), "");
        dep.unit_for = script_for;
        dep.extern_name = script.crate_name;
        return dep;
    }

    Result<std::vector<DraftDep>> deps_of_run(const Unit& run, const UnitFor& unit_for) {
        std::vector<DraftDep> out;
        if (run.links_overridden) return out;
        TRY(node, graph_.need(run.node));
        UnitFor script_for{true, unit_for.host_features, true};
        FeaturesFor fk = unit_for.host_features ? FeaturesFor::HostDep : FeaturesFor::NormalOrDev;
        TRY(unit, make_unit(*node, run.node, run.target, profile_of(*node, script_for), "", UnitMode::Build, fk));
        DraftDep dep;
        dep.unit = drafts_.intern(std::move(unit), "");
        dep.unit_for = script_for;
        dep.extern_name = run.target.crate_name;
        out.push_back(std::move(dep));
        return out;
    }

    // run(P) depends on run(D) for every dependency D of a unit that P's run serves, where D has `links` (U2).
    void connect_scripts() {
        std::map<std::size_t, std::set<std::size_t>> additions;
        std::map<std::size_t, DraftDep> script_dep;
        for (std::size_t parent = 0; parent < drafts_.size(); ++parent) {
            const Draft& draft = drafts_[parent];
            for (const DraftDep& own : draft.deps) {
                if (!drafts_[own.unit].unit.is_run()) continue;
                for (const DraftDep& other : draft.deps) {
                    const Unit& unit = drafts_[other.unit].unit;
                    if (unit.node == drafts_[own.unit].unit.node || other.development) continue;
                    if (!unit.target.is_linkable() || !unit.package->has_links()) continue;
                    for (const DraftDep& script : drafts_[other.unit].deps) {
                        if (!drafts_[script.unit].unit.is_run()) continue;
                        additions[own.unit].insert(script.unit);
                        script_dep.emplace(script.unit, script);
                        break;
                    }
                }
            }
        }
        for (const auto& [run, others] : additions)
            for (std::size_t other : others) drafts_[run].deps.push_back(script_dep[other]);
    }

    void sort_deps() {
        for (std::size_t i = 0; i < drafts_.size(); ++i)
            std::sort(drafts_[i].deps.begin(), drafts_[i].deps.end(), [&](const DraftDep& a, const DraftDep& b) {
                const Unit& left = drafts_[a.unit].unit;
                const Unit& right = drafts_[b.unit].unit;
                if (unit_before(left, right)) return true;
                return !unit_before(right, left) && a.unit < b.unit;
            });
    }

    Status check_links() {
        std::map<std::string, const Package*> owners;
        for (std::size_t i = 0; i < drafts_.size(); ++i) {
            const PackagePtr& package = drafts_[i].unit.package;
            if (package->links.empty()) continue;
            auto [found, fresh] = owners.emplace(package->links, package.get());
            if (!fresh && !(found->second->id() == package->id()))
                return project_error(cat("packages `", found->second->name, " ", found->second->version_text, "` and `",
                                         package->name, " ", package->version_text,
                                         "` both link to the native library `", package->links, "`"),
                                     "only one package of a build may have a given `links` value")
                    .at(package->where);
        }
        return {};
    }

    void mark_primary(UnitGraph& graph) const {
        for (Unit& unit : graph.units) unit.is_primary = primary_.count(unit.node) != 0;
    }

    PackageGraph& graph_;
    const BuildRequest& request_;
    ProfileSet profiles_;
    ResolvedFeatures features_;
    DraftTable drafts_;
    std::vector<std::size_t> roots_;
    std::set<std::size_t> primary_;
    std::vector<std::string> warnings_;
};

}  // namespace build_units_detail

Result<UnitGraph> build_units(PackageGraph& graph, const BuildRequest& request) {
    return build_units_detail::Builder(graph, request).run();
}

}  // namespace cermet::rust

// Questions about a finished unit graph, and its JSON in the shape of cargo's --unit-graph.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <set>

#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "languages/rust/units/units.h"

namespace cermet::rust {

bool Unit::pipelines() const {
    if (mode != UnitMode::Build || !target.is_lib()) return false;
    return std::all_of(target.crate_types.begin(), target.crate_types.end(),
                       [](const std::string& type) { return type == "lib" || type == "rlib"; });
}

std::optional<std::size_t> script_compile_of(const UnitGraph& graph, std::size_t run) {
    for (const UnitDep& dep : graph.units[run].deps)
        if (graph.units[dep.unit].is_script()) return dep.unit;
    return std::nullopt;
}

std::optional<std::size_t> own_run_of(const UnitGraph& graph, std::size_t unit) {
    for (const UnitDep& dep : graph.units[unit].deps)
        if (graph.units[dep.unit].is_run() && graph.units[dep.unit].node == graph.units[unit].node) return dep.unit;
    return std::nullopt;
}

std::vector<const Package*> packages_of_script(const UnitGraph& graph, std::size_t run) {
    std::vector<const Package*> found;
    std::vector<std::size_t> open = {run};
    std::set<std::size_t> seen(open.begin(), open.end());
    while (!open.empty()) {
        const Unit& unit = graph.units[open.back()];
        open.pop_back();
        const Package* package = unit.package ? &*unit.package : nullptr;
        if (package != nullptr) add_once(found, package);
        for (const UnitDep& dep : unit.deps) {
            if (!graph.units[dep.unit].is_run() && seen.insert(dep.unit).second) open.push_back(dep.unit);
        }
    }
    return found;
}

bool looks_for_python(const UnitGraph& graph, std::size_t run) {
    // Crates that look for it where they are linked into a build script.
    constexpr std::string_view k_readers[] = {"pyo3-build-config", "python3-sys", "cpython"};
    const std::vector<const Package*> packages = packages_of_script(graph, run);
    return std::any_of(packages.begin(), packages.end(),
                       [&](const Package* package) { return contains(k_readers, package->name); });
}

const TargetInfo& target_info(const BuildRequest& request, const Unit& unit) {
    return request.target && unit.platform == request.target->triple ? *request.target : request.host;
}

namespace queries_detail {

class ScriptWalk {
   public:
    explicit ScriptWalk(const UnitGraph& graph) : graph_(graph) {}

    const std::vector<std::size_t>& of(std::size_t index) {
        auto known = memo_.find(index);
        if (known != memo_.end()) return known->second;
        std::vector<std::size_t> out;
        const Unit& unit = graph_.units[index];
        if (!unit.target.is_custom_build())
            if (std::optional<std::size_t> run = own_run_of(graph_, index)) add_once(out, *run);
        std::vector<std::size_t> deps;
        for (const UnitDep& dep : unit.deps) deps.push_back(dep.unit);
        std::sort(deps.begin(), deps.end(), [&](std::size_t a, std::size_t b) {
            PackageId left = graph_.units[a].package->id();
            PackageId right = graph_.units[b].package->id();
            if (left < right) return true;
            return !(right < left) && graph_.units[a].label < graph_.units[b].label;
        });
        for (std::size_t dep : deps) {
            const Unit& child = graph_.units[dep];
            if (child.is_run() || child.target.is_proc_macro() || !child.target.is_linkable()) continue;
            add_all_once(out, of(dep));
        }
        return memo_.emplace(index, std::move(out)).first->second;
    }

   private:
    const UnitGraph& graph_;
    std::map<std::size_t, std::vector<std::size_t>> memo_;
};

std::string package_spec(const Package& package) {
    std::string fragment = package.name + "@" + package.version_text;
    if (package.source.is_path()) {
        if (file_name(package.directory) == package.name) fragment = package.version_text;
        return cat("path+file://", package.directory, "#", fragment);
    }
    if (package.source.is_git()) return cat(package.source.identity(), "#", fragment);
    return cat(package.source.identity(), "#", fragment);
}

Json debuginfo_json(const std::string& level) {
    if (level == "0" || level == "1" || level == "2") return Json(level[0] - '0');
    return Json(level);
}

Json profile_json(const Profile& profile) {
    Json strip;
    Json inner = profile.strip == "none" ? Json("None") : Json().set("Named", profile.strip);
    strip.set(profile.strip_deferred && profile.strip == "none" ? "deferred" : "resolved", inner);
    Json out;
    out.set("name", profile.name);
    out.set("opt_level", profile.opt_level);
    out.set("lto", profile.lto);
    out.set("codegen_backend", nullptr);
    out.set("codegen_units", profile.codegen_units ? Json(static_cast<std::int64_t>(*profile.codegen_units)) : Json());
    out.set("debuginfo", debuginfo_json(profile.debuginfo));
    out.set("split_debuginfo", profile.split_debuginfo.empty() ? Json() : Json(profile.split_debuginfo));
    out.set("debug_assertions", profile.debug_assertions);
    out.set("overflow_checks", profile.overflow_checks);
    out.set("rpath", profile.rpath);
    out.set("incremental", profile.incremental);
    out.set("panic", profile.panic);
    out.set("strip", strip);
    return out;
}

Json unit_json(const Unit& unit) {
    Json target;
    target.set("kind", Json::strings(unit.target.kinds()));
    target.set("crate_types", Json::strings(unit.target.crate_types));
    target.set("name", unit.target.name);
    target.set("src_path", unit.target.src_path);
    target.set("edition", unit.target.edition);
    target.set("doc", unit.target.doc);
    target.set("doctest", unit.target.doctest);
    target.set("test", unit.target.test);
    if (unit.target.lists_required_features)
        target.set("required-features", Json::strings(unit.target.required_features));
    Json deps{Json::Array{}};
    for (const UnitDep& dep : unit.deps) {
        Json one;
        one.set("index", static_cast<std::int64_t>(dep.unit));
        one.set("extern_crate_name", dep.extern_name);
        one.set("public", dep.is_public);
        one.set("noprelude", dep.noprelude);
        deps.push(std::move(one));
    }
    Json out;
    out.set("pkg_id", package_spec(*unit.package));
    out.set("target", std::move(target));
    out.set("profile", profile_json(unit.profile));
    out.set("platform", unit.platform.empty() ? Json() : Json(unit.platform));
    out.set("mode", unit.is_run() ? "run-custom-build" : "build");
    out.set("features", Json::strings(unit.features));
    out.set("dependencies", std::move(deps));
    return out;
}

}  // namespace queries_detail

std::vector<std::size_t> script_runs_of(const UnitGraph& graph, std::size_t unit) {
    return queries_detail::ScriptWalk(graph).of(unit);
}

std::vector<std::size_t> library_closure(const UnitGraph& graph, std::size_t unit) {
    std::set<std::size_t> seen;
    std::vector<std::size_t> queue;
    auto add_deps = [&](std::size_t index) {
        for (const UnitDep& dep : graph.units[index].deps) {
            const Unit& child = graph.units[dep.unit];
            if (child.is_run() || !child.target.is_linkable()) continue;
            if (seen.insert(dep.unit).second) queue.push_back(dep.unit);
        }
    };
    add_deps(unit);
    while (!queue.empty()) {
        std::size_t index = queue.back();
        queue.pop_back();
        if (!graph.units[index].target.is_proc_macro()) add_deps(index);
    }
    std::vector<std::size_t> out(seen.begin(), seen.end());
    std::sort(out.begin(), out.end(),
              [&](std::size_t a, std::size_t b) { return graph.units[a].label < graph.units[b].label; });
    return out;
}

Json unit_graph_json(const UnitGraph& graph) {
    Json units{Json::Array{}};
    for (const Unit& unit : graph.units) units.push(queries_detail::unit_json(unit));
    Json roots{Json::Array{}};
    for (std::size_t root : graph.roots) roots.push(static_cast<std::int64_t>(root));
    Json out;
    out.set("version", 1);
    out.set("units", std::move(units));
    out.set("roots", std::move(roots));
    return out;
}

}  // namespace cermet::rust

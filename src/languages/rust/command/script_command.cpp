// The run of a build script: its environment as cargo gives it, and overrides by configuration (cargo.md B1-B5, B12).
// SPDX-License-Identifier: MIT

#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "languages/rust/command/environment.h"

namespace cermet::rust {

std::string envify(std::string_view text) { return replace_all(upper(text), "-", "_"); }

void add_package_environment(const Package& package, const Layout& layout, Environment& out) {
    if (!layout.cargo.empty()) out["CARGO"] = layout.cargo;
    out["CARGO_MANIFEST_DIR"] = package.directory;
    out["CARGO_MANIFEST_PATH"] = package.manifest_path;
    out["CARGO_PKG_NAME"] = package.name;
    out["CARGO_PKG_VERSION"] = package.version_text;
    out["CARGO_PKG_VERSION_MAJOR"] = to_text(static_cast<unsigned long long>(package.version.major));
    out["CARGO_PKG_VERSION_MINOR"] = to_text(static_cast<unsigned long long>(package.version.minor));
    out["CARGO_PKG_VERSION_PATCH"] = to_text(static_cast<unsigned long long>(package.version.patch));
    out["CARGO_PKG_VERSION_PRE"] = package.version.pre;
    out["CARGO_PKG_AUTHORS"] = join(package.authors, ":");
    out["CARGO_PKG_DESCRIPTION"] = package.description;
    out["CARGO_PKG_HOMEPAGE"] = package.homepage;
    out["CARGO_PKG_REPOSITORY"] = package.repository;
    out["CARGO_PKG_LICENSE"] = package.license;
    out["CARGO_PKG_LICENSE_FILE"] = package.license_file;
    out["CARGO_PKG_README"] = package.readme;
    out["CARGO_PKG_RUST_VERSION"] = package.rust_version;
}

void add_configured_environment(const CargoConfig& config, Environment& out) {
    // Rustc's own switch, which cargo hands on with everything else that the user has.
    auto bootstrap = config.environment.find("RUSTC_BOOTSTRAP");
    if (bootstrap != config.environment.end()) out["RUSTC_BOOTSTRAP"] = bootstrap->second;
    for (const auto& [name, entry] : config.env) {
        if (out.count(name) != 0) continue;
        auto existing = config.environment.find(name);
        out[name] = existing != config.environment.end() && !entry.force ? existing->second : entry.value;
    }
}

std::vector<std::pair<std::string, std::string>> sorted_pairs(const Environment& environment) {
    return {environment.begin(), environment.end()};
}

namespace script_command_detail {

void add_cfgs(const Unit& unit, const TargetInfo& info, Environment& out) {
    std::map<std::string, std::vector<std::string>> values;
    values["feature"] = unit.features;
    if (unit.profile.debug_assertions) values["debug_assertions"];
    for (const Cfg& cfg : info.cfgs) {
        if (!cfg.value) {
            if (cfg.name != "debug_assertions") values[cfg.name] = {};
        } else {
            values[cfg.name].push_back(*cfg.value);
        }
    }
    for (const auto& [name, list] : values) out["CARGO_CFG_" + envify(name)] = join(list, ",");
    for (const std::string& feature : unit.features) out["CARGO_FEATURE_" + envify(feature)] = "1";
}

void add_dependency_values(const UnitGraph& graph, const Unit& unit, const ScriptOutputs& scripts, Environment& out) {
    for (const UnitDep& dep : unit.deps) {
        const Unit& other = graph.units[dep.unit];
        auto found = scripts.find(dep.unit);
        if (!other.is_run() || other.package->links.empty() || found == scripts.end()) continue;
        for (const auto& [key, value] : found->second.metadata)
            out[cat("DEP_", envify(other.package->links), "_", envify(key))] = value;
    }
}

// Directories of native libraries that scripts built, then rustc's own: U21.
std::string library_path(const UnitGraph& graph, std::size_t index, const Layout& layout,
                         const ScriptOutputs& scripts) {
    std::vector<std::string> out;
    std::optional<std::size_t> compiled = script_compile_of(graph, index);
    if (compiled)
        for (std::size_t run : script_runs_of(graph, *compiled)) {
            auto found = scripts.find(run);
            if (found == scripts.end()) continue;
            for (const std::string& path : found->second.link_paths) {
                std::size_t equals = path.find('=');
                std::string bare = equals == std::string::npos ? path : path.substr(equals + 1);
                if (is_within(bare, out_of(layout, scripts, run))) out.push_back(std::move(bare));
            }
        }
    if (!layout.sysroot_libdir.empty()) out.push_back(layout.sysroot_libdir);
    return join(out, ":");
}

Status add_override(const std::string& key, const Toml& value, ScriptOutput& out) {
    std::vector<std::string> list = value.is_string() ? std::vector<std::string>{value.string()} : value.string_list();
    auto append = [&](std::vector<std::string>& to) { to.insert(to.end(), list.begin(), list.end()); };
    if (key == "rustc-link-lib")
        append(out.link_libs);
    else if (key == "rustc-link-search")
        append(out.link_paths);
    else if (key == "rustc-cfg")
        append(out.cfgs);
    else if (key == "rustc-check-cfg")
        append(out.check_cfgs);
    else if (key == "rustc-link-arg" || key == "rustc-cdylib-link-arg" || key == "rustc-link-arg-cdylib" ||
             key == "rustc-link-arg-bins") {
        for (const std::string& text : list) {
            LinkArg arg;
            arg.argument = text;
            arg.scope = key == "rustc-link-arg"        ? LinkArgScope::All
                        : key == "rustc-link-arg-bins" ? LinkArgScope::Bin
                                                       : LinkArgScope::Cdylib;
            out.link_args.push_back(std::move(arg));
        }
    } else if (key == "rustc-env") {
        for (const auto& [name, text] : value.table()) out.env.emplace_back(name, text.string());
    } else if (key == "rustc-flags") {
        DirectiveContext context;
        context.package = "the configuration";
        TRY(parsed, parse_directives(cat("cargo:rustc-flags=", value.string()), context));
        out.link_libs.insert(out.link_libs.end(), parsed.link_libs.begin(), parsed.link_libs.end());
        out.link_paths.insert(out.link_paths.end(), parsed.link_paths.begin(), parsed.link_paths.end());
    } else if (key == "warning" || key.starts_with("rerun-if")) {
        return project_error(cat("`", key, "` cannot stand in place of a build script"));
    } else {
        out.metadata.emplace_back(key, value.string());
    }
    return {};
}

}  // namespace script_command_detail

Command script_command(const UnitGraph& graph, std::size_t index, const BuildRequest& request, const Layout& layout,
                       const ScriptOutputs& scripts, const CargoConfig& config) {
    using namespace script_command_detail;
    const Unit& unit = graph.units[index];
    const TargetInfo& info = target_info(request, unit);
    Command command;
    command.cwd = unit.package->directory;
    if (std::optional<std::size_t> compiled = script_compile_of(graph, index))
        for (const Artifact& artifact : artifacts_of(graph, *compiled, request))
            if (artifact.kind == ArtifactKind::Executable)
                command.argv = {cat(layout.out[*compiled], "/", artifact.file)};
    Environment env;
    add_package_environment(*unit.package, layout, env);
    env["OUT_DIR"] = layout.out[index];
    env["NUM_JOBS"] = to_text(layout.jobs);
    env["TARGET"] = info.triple;
    env["HOST"] = request.host.triple;
    env["DEBUG"] = unit.profile.debuginfo != "0" ? "true" : "false";
    env["OPT_LEVEL"] = unit.profile.opt_level;
    env["PROFILE"] = unit.profile.root;
    env["RUSTC"] = layout.rustc;
    env["RUSTDOC"] = layout.rustdoc;
    if (!info.linker.empty()) env["RUSTC_LINKER"] = info.linker;
    if (!unit.package->links.empty()) env["CARGO_MANIFEST_LINKS"] = unit.package->links;
    env["CARGO_ENCODED_RUSTFLAGS"] = join(info.rustflags, "\x1f");
    if (std::string path = library_path(graph, index, layout, scripts); !path.empty()) env["LD_LIBRARY_PATH"] = path;
    add_cfgs(unit, info, env);
    add_dependency_values(graph, unit, scripts, env);
    add_configured_environment(config, env);
    command.environment = sorted_pairs(env);
    return command;
}

namespace script_command_detail {

// The user's RUSTC_BOOTSTRAP: for all crates, or a list of crates.
bool allows_bootstrap(const CargoConfig& config, const Package& package) {
    auto found = config.environment.find("RUSTC_BOOTSTRAP");
    if (found == config.environment.end()) return false;
    if (found->second == "1") return true;
    std::vector<std::string> names = split(found->second, ',');
    const Target* library = package.library();
    return library != nullptr && contains(names, library->crate_name);
}

}  // namespace script_command_detail

DirectiveContext directive_context(const Unit& unit, const CargoConfig& config) {
    DirectiveContext context;
    const Package& package = *unit.package;
    context.allow_bootstrap = script_command_detail::allows_bootstrap(config, package);
    context.package = cat(package.name, " v", package.version_text);
    context.rust_version = package.rust_version;
    context.links = package.links;
    for (const Target& target : package.targets) {
        context.has_lib |= target.is_lib();
        context.has_cdylib |= target.is_lib() && target.is_cdylib();
        context.has_tests |= target.kind == TargetKind::Test;
        context.has_benches |= target.kind == TargetKind::Bench;
        context.has_examples |= target.kind == TargetKind::Example;
        if (!target.is_bin()) continue;
        context.has_bins = true;
        context.bin_names.push_back(target.name);
    }
    return context;
}

Result<ScriptOutput> overridden_output(const UnitGraph& graph, std::size_t index, const BuildRequest& request,
                                       const CargoConfig& config) {
    const Unit& unit = graph.units[index];
    const Toml* table = links_override(config, target_info(request, unit).triple, unit.package->links);
    if (table == nullptr) return bug(cat("no override for the script of ", unit.package->name));
    ScriptOutput out;
    std::map<std::string, const Toml*> sorted;  // so cargo reads them
    for (const auto& [key, value] : table->table()) sorted[key] = &value;
    for (const auto& [key, value] : sorted) TRY_VOID(script_command_detail::add_override(key, *value, out));
    return out;
}

}  // namespace cermet::rust

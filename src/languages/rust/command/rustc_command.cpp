// rustc's argv in cargo's order, its environment, and the files it writes (cargo.md §4.2, U8-U12, §5.6).
// SPDX-License-Identifier: MIT

#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "languages/rust/command/environment.h"

namespace cermet::rust {

namespace rustc_command_detail {

bool has_type(const Unit& unit, std::string_view type) { return contains(unit.target.crate_types, type); }

// Path packages' shared libraries have no hash in their name (U11).
std::string extra_filename(const Unit& unit) {
    if (unit.target.is_lib() && unit.is_local && (has_type(unit, "dylib") || has_type(unit, "cdylib"))) return {};
    return "-" + unit.identity;
}

class ArgvBuilder {
   public:
    ArgvBuilder(const UnitGraph& graph, std::size_t index, const BuildRequest& request, const Layout& layout,
                const ScriptOutputs& scripts)
        : graph_(graph),
          unit_(graph.units[index]),
          index_(index),
          request_(request),
          layout_(layout),
          scripts_(scripts) {}

    std::vector<std::string> build(const std::string& source) {
        add(layout_.rustc);
        add("--crate-name", unit_.target.crate_name);
        add(cat("--edition=", unit_.target.edition));
        add(source);
        add("--error-format=json");
        add("--json=diagnostic-rendered-ansi,artifacts,future-incompat");
        add_types();
        add_codegen();
        for (const std::string& flag : unit_.package->lint_flags) add(flag);
        add_checks();
        add_features();
        add("-C", cat("metadata=", unit_.identity));
        if (std::string extra = extra_filename(unit_); !extra.empty()) add("-C", cat("extra-filename=", extra));
        if (unit_.profile.rpath) add("-C", "rpath");
        add("--out-dir", layout_.out[index_]);
        if (!unit_.platform.empty()) add("--target", unit_.platform);
        const TargetInfo& info = target_info(request_, unit_);
        if (!info.linker.empty()) add("-C", cat("linker=", info.linker));
        if (unit_.profile.strip != "none") add("-C", cat("strip=", unit_.profile.strip));
        add_dependencies();
        if (!unit_.is_local) add("--cap-lints", "allow");
        for (const std::string& flag : info.rustflags) add(flag);
        add_script_outputs();
        return std::move(argv_);
    }

   private:
    void add(std::string one) { argv_.push_back(std::move(one)); }
    void add(std::string flag, std::string value) {
        argv_.push_back(std::move(flag));
        argv_.push_back(std::move(value));
    }

    void add_types() {
        for (const std::string& type : unit_.target.crate_types) add("--crate-type", type);
        add(unit_.pipelines() ? "--emit=dep-info,metadata,link" : "--emit=dep-info,link");
        if (unit_.target.is_proc_macro() || (has_type(unit_, "dylib") && !unit_.is_primary))
            add("-C", "prefer-dynamic");
    }

    void add_codegen() {
        const Profile& p = unit_.profile;
        if (p.opt_level != "0") add("-C", cat("opt-level=", p.opt_level));
        if (p.panic != "unwind") add("-C", cat("panic=", p.panic));
        add_lto();
        if (p.codegen_units) add("-C", cat("codegen-units=", *p.codegen_units));
        if (p.debuginfo == "0") return;
        add("-C", cat("debuginfo=", p.debuginfo));
        const std::vector<std::string>& modes = target_info(request_, unit_).split_debuginfo;
        if (!p.split_debuginfo.empty() && contains(modes, p.split_debuginfo))
            add("-C", cat("split-debuginfo=", p.split_debuginfo));
    }

    void add_lto() {
        switch (unit_.lto) {
            case Lto::RunThin: add("-C", "lto=thin"); break;
            case Lto::RunFat: add("-C", unit_.profile.lto == "true" ? "lto" : cat("lto=", unit_.profile.lto)); break;
            case Lto::Off:
                add("-C", "lto=off");
                add("-C", "embed-bitcode=no");
                break;
            case Lto::ObjectAndBitcode: break;
            case Lto::OnlyBitcode: add("-C", "linker-plugin-lto"); break;
            case Lto::OnlyObject: add("-C", "embed-bitcode=no"); break;
        }
    }

    // Only where they differ from what opt-level and debug-assertions imply.
    void add_checks() {
        const Profile& p = unit_.profile;
        bool implied = p.opt_level == "0";
        if (p.debug_assertions != implied) add("-C", cat("debug-assertions=", p.debug_assertions ? "on" : "off"));
        if (p.overflow_checks != p.debug_assertions)
            add("-C", cat("overflow-checks=", p.overflow_checks ? "on" : "off"));
    }

    void add_features() {
        for (const std::string& feature : unit_.features) add("--cfg", cat("feature=\"", feature, "\""));
        std::vector<std::string> known;
        for (const auto& [name, values] : unit_.package->features) known.push_back(cat("\"", name, "\""));
        add("--check-cfg", "cfg(docsrs,test)");
        add("--check-cfg", cat("cfg(feature, values(", join(known, ", "), "))"));
    }

    void add_dependencies() {
        for (std::size_t dep : library_closure(graph_, index_)) add("-L", cat("dependency=", layout_.out[dep]));
        for (const UnitDep& dep : unit_.deps) {
            const Unit& child = graph_.units[dep.unit];
            if (child.is_run() || !child.target.is_linkable()) continue;
            bool metadata = unit_.pipelines() && child.pipelines();
            for (const Artifact& artifact : artifacts_of(graph_, dep.unit, request_)) {
                bool wanted = metadata ? artifact.kind == ArtifactKind::Metadata
                                       : artifact.kind == ArtifactKind::Link && is_linkable(artifact.crate_type);
                if (wanted) add("--extern", cat(dep.extern_name, "=", layout_.out[dep.unit], "/", artifact.file));
            }
        }
        if (unit_.target.is_proc_macro()) add("--extern", "proc_macro");
    }

    static bool is_linkable(std::string_view type) {
        return type == "lib" || type == "rlib" || type == "dylib" || type == "proc-macro";
    }

    // What scripts printed: search paths of all, the rest by scope (B8).
    void add_script_outputs() {
        std::optional<std::size_t> own = own_run_of(graph_, index_);
        std::vector<std::size_t> runs = script_runs_of(graph_, index_);
        add_search_paths(runs);
        for (std::size_t run : runs) {
            auto found = scripts_.find(run);
            if (found == scripts_.end()) continue;
            bool is_own = own && *own == run;
            if (is_own && passes_libs())
                for (const std::string& name : found->second.link_libs) add("-l", name);
            for (const LinkArg& arg : found->second.link_args)
                if (applies(arg) && (is_own || arg.scope == LinkArgScope::Cdylib))
                    add("-C", cat("link-arg=", arg.argument));
        }
        auto found = own ? scripts_.find(*own) : scripts_.end();
        if (found == scripts_.end()) return;
        for (const std::string& cfg : found->second.cfgs) add("--cfg", cfg);
        for (const std::string& cfg : found->second.check_cfgs) add("--check-cfg", cfg);
    }

    // Paths inside an OUT_DIR come before others, else in order.
    void add_search_paths(const std::vector<std::size_t>& runs) {
        for (bool inside : {true, false})
            for (std::size_t run : runs) {
                auto found = scripts_.find(run);
                if (found == scripts_.end()) continue;
                for (const std::string& path : found->second.link_paths) {
                    std::size_t equals = path.find('=');
                    std::string bare = equals == std::string::npos ? path : path.substr(equals + 1);
                    if (is_within(bare, out_of(layout_, scripts_, run)) == inside) add("-L", path);
                }
            }
    }

    bool passes_libs() const { return unit_.target.is_lib() || unit_.package->library() == nullptr; }

    bool applies(const LinkArg& arg) const {
        switch (arg.scope) {
            case LinkArgScope::All: return true;
            case LinkArgScope::Cdylib: return unit_.target.is_lib() && unit_.target.is_cdylib();
            case LinkArgScope::Bin: return unit_.target.is_bin();
            case LinkArgScope::SingleBin: return unit_.target.is_bin() && unit_.target.name == arg.bin;
            case LinkArgScope::Test: return unit_.target.kind == TargetKind::Test;
            case LinkArgScope::Bench: return unit_.target.kind == TargetKind::Bench;
            case LinkArgScope::Example: return unit_.target.kind == TargetKind::Example;
        }
        return false;
    }

    const UnitGraph& graph_;
    const Unit& unit_;
    std::size_t index_;
    const BuildRequest& request_;
    const Layout& layout_;
    const ScriptOutputs& scripts_;
    std::vector<std::string> argv_;
};

void add_artifacts(const std::string& type, const std::string& base, const TargetInfo& info,
                   std::vector<Artifact>& out) {
    if (type == "lib" || type == "rlib")
        out.push_back(Artifact{ArtifactKind::Link, type, cat("lib", base, ".rlib")});
    else if (type == "dylib" || type == "cdylib" || type == "proc-macro")
        out.push_back(Artifact{ArtifactKind::Link, type, cat(info.dylib_prefix, base, info.dylib_suffix)});
    else if (type == "staticlib")
        out.push_back(Artifact{ArtifactKind::Link, type, cat(info.staticlib_prefix, base, info.staticlib_suffix)});
    else if (type == "bin")
        out.push_back(Artifact{ArtifactKind::Executable, type, cat(base, info.exe_suffix)});
}

}  // namespace rustc_command_detail

std::vector<Artifact> artifacts_of(const UnitGraph& graph, std::size_t index, const BuildRequest& request) {
    using namespace rustc_command_detail;
    const Unit& unit = graph.units[index];
    std::vector<Artifact> out;
    if (unit.is_run()) return out;
    const TargetInfo& info = unit.target.is_proc_macro() ? request.host : target_info(request, unit);
    std::string base = unit.target.crate_name + extra_filename(unit);
    out.push_back(Artifact{ArtifactKind::DepInfo, "", cat(base, ".d")});
    if (unit.pipelines()) out.push_back(Artifact{ArtifactKind::Metadata, "rlib", cat("lib", base, ".rmeta")});
    bool rlib_done = false;
    for (const std::string& type : unit.target.crate_types) {
        bool is_rlib = type == "lib" || type == "rlib";
        if (is_rlib && rlib_done) continue;
        rlib_done |= is_rlib;
        add_artifacts(type, base, info, out);
    }
    return out;
}

std::vector<NeededDep> needed_deps(const UnitGraph& graph, std::size_t index) {
    const Unit& unit = graph.units[index];
    std::vector<NeededDep> out;
    for (std::size_t dep : library_closure(graph, index))
        out.push_back(NeededDep{dep, unit.pipelines() && graph.units[dep].pipelines()});
    return out;
}

const std::string& out_of(const Layout& layout, const ScriptOutputs& scripts, std::size_t run) {
    auto found = scripts.find(run);
    return found != scripts.end() && !found->second.directory.empty() ? found->second.directory : layout.out[run];
}

Command rustc_command(const UnitGraph& graph, std::size_t index, const BuildRequest& request, const Layout& layout,
                      const ScriptOutputs& scripts, const CargoConfig& config) {
    using namespace rustc_command_detail;
    const Unit& unit = graph.units[index];
    Command command;
    std::string source = unit.target.src_path;
    command.cwd = unit.package->directory;
    if (unit.is_local && is_within(source, graph.workspace_root)) {  // U9
        source = relative_to(source, graph.workspace_root);
        command.cwd = graph.workspace_root;
    }
    command.argv = ArgvBuilder(graph, index, request, layout, scripts).build(source);
    command.artifacts = artifacts_of(graph, index, request);
    Environment env;
    add_package_environment(*unit.package, layout, env);
    env["CARGO_CRATE_NAME"] = unit.target.crate_name;
    if (unit.target.is_bin() || unit.target.kind == TargetKind::Example) env["CARGO_BIN_NAME"] = unit.target.name;
    if (unit.is_primary) env["CARGO_PRIMARY_PACKAGE"] = "1";
    add_configured_environment(config, env);
    if (!unit.target.is_custom_build())
        if (std::optional<std::size_t> run = own_run_of(graph, index)) {
            env["OUT_DIR"] = out_of(layout, scripts, *run);
            auto found = scripts.find(*run);
            if (found != scripts.end())
                for (const auto& [name, value] : found->second.env) env[name] = value;
        }
    command.environment = sorted_pairs(env);
    return command;
}

}  // namespace cermet::rust

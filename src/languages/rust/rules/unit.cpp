// One rustc call: wait for what it reads (metadata where that is enough), then run it, announcing metadata early.
// SPDX-License-Identifier: MIT
#include <algorithm>

#include "base/gitignore.h"
#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "exec/executor.h"
#include "exec/places.h"
#include "exec/queries.h"
#include "languages/rust/rules/given.h"
#include "languages/rust/rules/graph.h"
#include "languages/rust/rules/unit_action.h"

namespace cermet::rust {
namespace unit_detail {

bool links(const Unit& unit) {
    for (const std::string& type : unit.target.crate_types) {
        if (type == "bin" || type == "cdylib" || type == "dylib" || type == "proc-macro") return true;
    }
    return unit.is_script() || unit.target.is_bin();
}

const PackagePlace* place_of(const ResolvedGraph& graph, const Unit& unit) {
    if (!unit.package) return nullptr;
    auto found = graph.places.find(unit.package->id().text());
    return found == graph.places.end() ? nullptr : &found->second;
}

const CrateRule* rule_of(const ResolvedGraph& graph, const Unit& unit) {
    return unit.package ? graph.settings->rule_for(*unit.package) : nullptr;
}

std::string shown(const Unit& unit) {
    if (!unit.package) return unit.target.name;
    std::string what = cat(unit.package->name, " v", unit.package->version_text);
    if (unit.is_script()) return what + " (build script)";
    if (unit.target.is_bin()) return cat(what, " (bin ", unit.target.name, ")");
    return what;
}

// As cargo names a target when it counts diagnostics.
std::string subject(const Unit& unit) {
    if (!unit.package) return {};
    const std::string quoted = cat(" \"", unit.target.name, "\")");
    std::string kind = " (lib)";
    if (unit.is_script()) kind = " (build script)";
    if (unit.target.is_bin()) kind = " (bin" + quoted;
    if (unit.target.kind == TargetKind::Example) kind = " (example" + quoted;
    return cat("`", unit.package->name, "`", kind);
}

// Suggestions are cargo's to apply; it knows no build scripts there.
std::string fix(const Unit& unit) {
    if (!unit.package || !unit.is_local || unit.is_script()) return {};
    std::string target = "lib";
    if (unit.target.is_bin()) target = cat("bin \"", unit.target.name, "\"");
    if (unit.target.kind == TargetKind::Example) target = cat("example \"", unit.target.name, "\"");
    return cat("cargo fix --", target, " -p ", unit.package->name);
}

void read_command(exec::Action& action, const Command& command) {
    action.argv = command.argv;
    for (const auto& [name, value] : command.environment) action.env[name] = value;
    action.cwd = command.cwd;
}

bool is_for_target(const ResolvedGraph& graph, const Unit& unit) {
    return graph.request.target && unit.platform == graph.request.target->triple;
}

// Also what a step does not depend on, where two machines are one: as ever then.
void add_platform(exec::Action& action, const ResolvedGraph& graph, const Unit& unit, bool linking) {
    action.platform["rust"] = graph.toolchain.digest;
    const bool cross = is_for_target(graph, unit) && is_cross(graph);
    if (cross) action.platform["rust-target"] = graph.cross.standard_library;
    if (!linking) return;
    const bool own = !cross || graph.cross.c.command.empty();
    action.platform["linker"] = own ? graph.linker.digest : graph.cross.c.digest + graph.cross.cxx.digest;
    for (const auto& [name, digest] : graph.named.linkers) action.platform[name] = digest;
}

std::string key_text(const ResolvedGraph& graph, std::size_t unit) {
    return cat(graph.identity, " ", unit, " ", graph.units.units[unit].label);
}

c::Toolchain linker_of(const ResolvedGraph& graph, const Unit& unit) {
    const bool cross = is_for_target(graph, unit) && is_cross(graph);
    if (!cross) return graph.linker;
    if (!graph.cross.c.command.empty()) return graph.cross.c;
    c::Toolchain unknown;
    const Result<platform::Triple> triple = platform::parse_triple(graph.request.target->triple);
    if (triple.ok()) unknown.target = *triple;
    return unknown;
}

// What the unit's link takes on behalf of scripts: rustc puts archives of the own script's into a library, and links all
// into a program.
std::vector<CheckScriptLibraries> script_libraries(const ResolvedGraph& graph, std::size_t index,
                                                   const ScriptOutputs& outputs) {
    const Unit& unit = graph.units.units[index];
    const std::optional<std::size_t> own = own_run_of(graph.units, index);
    std::vector<CheckScriptLibraries> checks;
    for (const auto& [run, output] : outputs) {
        if (output.link_libs.empty() || (!links(unit) && own != run)) continue;
        const Package& package = *graph.units.units[run].package;
        ScriptLibraries what;
        what.crate = cat(package.name, " v", package.version_text);
        what.manifest = package.manifest_path;
        what.search = output.link_paths;
        what.libraries = output.link_libs;
        what.linker = linker_of(graph, unit);
        checks.emplace_back(std::move(what));
    }
    return checks;
}

// As for a link of C: files of the system are no part of the input root.
void add_found(exec::Action& action, const std::vector<exec::Input>& found) {
    for (const exec::Input& file : found) {
        const bool known = contains(action.inputs, file);
        if (!is_within(file.path, exec::k_ws)) {
            action.platform[cat(exec::k_system_file, file.path)] = file.digest.hex();
        } else if (!known) {
            action.inputs.push_back(file);
        }
    }
}

// What is shown of the step.
void describe(exec::Action& action, const Unit& unit) {
    const bool generated = unit.node == k_generated;
    action.urgency = exec::k_before_many;
    action.label = unit.label;
    action.description = "compile " + shown(unit);
    if (!generated) action.subject = subject(unit);
    if (!generated) action.fix = fix(unit);
    // rustc's own advice, to set the variable, does not help in the closed environment of a step.
    action.advice.emplace_back("not defined at compile time",
                               "a step sees the variables that pass-env names, of the crate or in [tool.cermet.env]");
}

void expect(exec::Action& action, const std::vector<Artifact>& artifacts) {
    for (const Artifact& artifact : artifacts) {
        if (artifact.kind == ArtifactKind::DepInfo) {
            action.discovery_file = artifact.file;
            continue;
        }
        action.outputs.emplace_back(artifact.file);
        if (artifact.kind == ArtifactKind::Metadata) action.early_output = artifact.file;
    }
}

// Compiled without what cargo would have given it: to be said, also of a remembered step.
void tell_unseen(exec::Executor& executor, const Unit& unit, const exec::Outcome& compiled) {
    for (const exec::Leaf& leaf : compiled.leaves) {
        // Only whether it is set counts: its value reaches no step, and no record of what did.
        if (leaf.type != exec::Leaf::Type::Asked || executor.user_variables({leaf.name}).empty()) continue;
        executor.warn(cat(unit.package->name, "@", unit.package->version_text, " looks for the variable ", leaf.name,
                          ", which is set here, but rustc is not given it: name it in [tool.cermet.crates.",
                          unit.package->name, "] pass-env, or with -C env.pass-env='[\"", leaf.name, "\"]'"));
    }
}

// What a script writes into the package stands over the checked-in copy: rustc names such a file itself if it reads it.
void drop(std::vector<exec::Input>& inputs, const std::vector<std::string>& written) {
    std::erase_if(inputs, [&](const exec::Input& input) { return contains(written, input.path); });
}

// A wheel or an sdist in dist/: made of the package, it must not decide what the package is made of. Elsewhere it may be
// what a script reads.
bool is_made_archive(const std::string& path) {
    if (parent(path) != "dist") return false;
    return extension(path) == ".whl" || (extension(path) == ".gz" && extension(stem(path)) == ".tar");
}

}  // namespace unit_detail

std::vector<std::string> package_files(SourceFiles& files, const std::string& directory, RustSources sources) {
    std::string root = find_git_root(files, directory);
    GitIgnore ignore(files, root.empty() ? directory : root);
    const std::vector<std::string> listed = ignore.list(directory);
    std::vector<std::string> tagged = {"target/"};
    for (const std::string& path : listed) {
        if (file_name(path) == "CACHEDIR.TAG") tagged.push_back(cat(parent(path), "/"));
    }
    std::vector<std::string> found;
    for (const std::string& path : listed) {
        std::string whole = join_path(directory, path);
        bool is_rust = extension(path) == ".rs";
        if (is_rust && sources == RustSources::Without) continue;
        if (unit_detail::is_made_archive(path)) continue;
        // A nested package is its own unit; what a target directory holds, wherever it is, is nobody's input.
        if (std::any_of(tagged.begin(), tagged.end(),
                        [&path](const std::string& head) { return path.compare(0, head.size(), head) == 0; }))
            continue;
        found.push_back(whole);
    }
    return found;
}

std::vector<std::string> remap_flags(const ResolvedGraph& graph) {
    std::vector<std::string> flags;
    std::vector<std::string> places = {std::string(exec::k_ws), std::string(exec::k_ext), graph.toolchain.sysroot};
    for (std::string_view place : {exec::k_pkg, exec::k_shared, exec::k_out}) places.emplace_back(place);
    for (const std::string& place : places) {
        flags.push_back(cat("--remap-path-prefix=", place, "=", exec::keep(place)));
    }
    return flags;
}

CompileUnit::CompileUnit(SharedGraph graph, std::size_t unit)
    : graph_(std::move(graph)), unit_(unit), text_(unit_detail::key_text(*graph_, unit)) {}

std::string CompileUnit::describe() const { return "compiling " + unit_detail::shown(graph_->units.units[unit_]); }

engine::Task<std::vector<exec::Input>> run(engine::Build build, PackageInputs key) {
    SourceFiles& files = build.service<exec::Executor>().files();
    std::vector<std::string> paths = package_files(files, key.directory(), key.sources());
    std::vector<exec::FileDigest> wanted;
    for (const std::string& path : paths) wanted.push_back(exec::FileDigest(path));
    std::vector<Digest> digests = co_await build.all(wanted);
    std::vector<exec::Input> inputs;
    for (std::size_t i = 0; i < paths.size(); ++i) inputs.emplace_back(paths[i], digests[i]);
    co_return inputs;
}

engine::Task<exec::Outcome> run(engine::Build build, CompileUnit key) {
    SharedGraph graph = key.graph();
    const Unit& unit = graph->units.units[key.unit()];
    std::vector<NeededDep> deps = needed_deps(graph->units, key.unit());
    std::vector<std::size_t> scripts = script_runs_of(graph->units, key.unit());
    for (const NeededDep& dep : deps) build.want(CompileUnit(graph, dep.unit));
    for (std::size_t script : scripts) build.want(RunScript(graph, script));
    exec::Action action;
    for (const NeededDep& dep : deps) {
        if (dep.metadata_only) {
            exec::EarlyOutcome early = co_await build.early(CompileUnit(graph, dep.unit));
            action.inputs.push_back(early.input());
        } else {
            exec::Outcome finished = co_await build.get(CompileUnit(graph, dep.unit));
            for (const exec::Input& input : finished.all_inputs()) action.inputs.push_back(input);
        }
    }
    ScriptOutputs outputs;
    for (std::size_t script : scripts) {
        ScriptRun ran = co_await build.get(RunScript(graph, script));
        outputs[script] = ran.output;
        action.inputs.insert(action.inputs.end(), ran.given.begin(), ran.given.end());
        // Not what it wrote into the tree: rustc names such a file itself if it reads one.
        for (const exec::OutputFile& file : ran.outcome.files) {
            if (!is_absolute(file.path) && file.path != exec::k_statements)
                action.inputs.push_back(ran.outcome.input(file.path));
        }
    }
    std::vector<CheckScriptLibraries> libraries = unit_detail::script_libraries(*graph, key.unit(), outputs);
    std::vector<std::vector<exec::Input>> found = co_await build.all(libraries);
    for (const std::vector<exec::Input>& files : found) unit_detail::add_found(action, files);
    Command command = rustc_command(graph->units, key.unit(), graph->request, graph->layout, outputs, graph->config);
    unit_detail::read_command(action, command);
    for (const std::string& flag : remap_flags(*graph)) action.argv.push_back(flag);
    wrap(action, graph->wrappers, unit.is_member ? Wrap::Member : Wrap::Every);
    if (!graph->units.roots.empty() && key.unit() == graph->units.roots[0]) apply(action, graph->root_link);
    bool generated = unit.node == k_generated;
    if (generated) {
        action.argv.push_back("--print=native-static-libs");
        action.answers = {"native-static-libs:", "link against the following native artifacts when linking against"};
    }
    const PackagePlace* place = unit_detail::place_of(*graph, unit);
    if (place != nullptr && place->immutable) {
        action.inputs.emplace_back(place->directory, place->tree, exec::InputKind::Tree);
    } else if (!generated) {
        std::vector<exec::Input> own = co_await build.get(PackageInputs(unit.package->directory, RustSources::Without));
        unit_detail::drop(own, graph->settings->crates_outputs());
        action.inputs.insert(action.inputs.end(), own.begin(), own.end());
        action.discovery = exec::Discovery::DepInfo;
        action.project_file = unit.package->manifest_path;
    }
    if (generated) {
        Digest root = co_await build.get(exec::FileDigest(graph->root_source));
        action.inputs.emplace_back(graph->root_source, root);
    }
    unit_detail::describe(action, unit);
    unit_detail::expect(action, command.artifacts);
    bool linking = unit_detail::links(unit);
    action.verify_inputs = linking || generated;
    unit_detail::add_platform(action, *graph, unit, linking);
    if (unit.pipelines() && !action.early_output.empty()) action.two_step = exec::TwoStep::Rustc;
    if (unit_detail::rule_of(*graph, unit) != nullptr) {
        Given given = co_await build.get(GivenByRules(graph, key.unit()));
        given.add_to(action);
    }
    exec::Run step(std::move(action));
    if (step.action().two_step == exec::TwoStep::Rustc) {
        exec::EarlyOutcome early = co_await build.early(step);
        build.publish(early);
    }
    exec::Outcome compiled = co_await build.get(step);
    unit_detail::tell_unseen(build.service<exec::Executor>(), unit, compiled);
    co_return compiled;
}

}  // namespace cermet::rust

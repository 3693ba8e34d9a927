// One rustc call: wait for what it reads (metadata where that is enough), then run it, announcing metadata early.
// SPDX-License-Identifier: MIT
#include <algorithm>

#include "base/gitignore.h"
#include "base/path.h"
#include "base/text.h"
#include "exec/executor.h"
#include "exec/places.h"
#include "exec/queries.h"
#include "languages/rust/rules/graph.h"
#include "languages/rust/rules/script_channel.h"

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
    if (!unit.package) return nullptr;
    auto found = graph.settings->rules.find(unit.package->name);
    return found == graph.settings->rules.end() ? nullptr : &found->second;
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

// What a linking step depends on besides its arguments.
void add_platform(exec::Action& action, const ResolvedGraph& graph, bool linking) {
    action.platform["rust"] = graph.toolchain.digest;
    if (linking) action.platform["linker"] = graph.linker.digest;
}

std::string key_text(const ResolvedGraph& graph, std::size_t unit) {
    return cat(graph.identity, " ", unit, " ", graph.units.units[unit].label);
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
        if (leaf.type != exec::Leaf::Type::Asked || !executor.user_variable(leaf.name)) continue;
        executor.warn(cat(unit.package->name, "@", unit.package->version_text, " looks for the variable ", leaf.name,
                          ", which is set here, but rustc is not given it: name it in [tool.cermet.crates.",
                          unit.package->name, "] pass-env, or with -C env.pass-env='[\"", leaf.name, "\"]'"));
    }
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

// The files a unit of a workspace package may read that rustc's dep-info does not name.
class PackageInputs {
   public:
    using Value = std::vector<exec::Input>;
    static constexpr std::string_view k_name = "package-inputs";
    PackageInputs(std::string directory, RustSources sources) : directory_(std::move(directory)), sources_(sources) {}
    std::string text() const { return cat(directory_, sources_ == RustSources::With ? " with" : " without"); }
    const std::string& directory() const { return directory_; }
    RustSources sources() const { return sources_; }

   private:
    std::string directory_;
    RustSources sources_;
};

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
        // Not what it wrote into the tree: rustc names such a file itself if it reads one.
        for (const exec::OutputFile& file : ran.outcome.files) {
            if (!is_absolute(file.path)) action.inputs.push_back(ran.outcome.input(file.path));
        }
    }
    Command command = rustc_command(graph->units, key.unit(), graph->request, graph->layout, outputs, graph->config);
    unit_detail::read_command(action, command);
    for (const std::string& flag : remap_flags(*graph)) action.argv.push_back(flag);
    wrap(action, graph->wrappers, unit.is_member ? Wrap::Member : Wrap::Every);
    bool is_root = !graph->units.roots.empty() && key.unit() == graph->units.roots[0];
    if (is_root) apply(action, graph->root_link);
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
        action.inputs.insert(action.inputs.end(), own.begin(), own.end());
        action.discovery = exec::Discovery::DepInfo;
        action.project_file = unit.package->manifest_path;
    }
    if (generated) {
        Digest root = co_await build.get(exec::FileDigest(graph->root_source));
        action.inputs.emplace_back(graph->root_source, root);
    }
    action.urgency = exec::k_before_many;
    action.label = unit.label;
    action.description = "compile " + unit_detail::shown(unit);
    if (!generated) action.subject = unit_detail::subject(unit);
    if (!generated) action.fix = unit_detail::fix(unit);
    // rustc's own advice, to set the variable, does not help in the closed environment of a step.
    action.advice.emplace_back("not defined at compile time",
                               "a step sees the variables that pass-env names, of the crate or in [tool.cermet.env]");
    unit_detail::expect(action, command.artifacts);
    bool linking = unit_detail::links(unit);
    action.verify_inputs = linking || generated;
    unit_detail::add_platform(action, *graph, linking);
    if (unit.pipelines() && !action.early_output.empty()) action.two_step = exec::TwoStep::Rustc;
    const CrateRule* rule = unit_detail::rule_of(*graph, unit);
    if (rule != nullptr) {
        for (const auto& [name, value] : rule->env) action.env[name] = value;
        action.pass_env = rule->pass_env;
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

// --- build scripts ---

RunScript::RunScript(SharedGraph graph, std::size_t unit)
    : graph_(std::move(graph)), unit_(unit), text_(unit_detail::key_text(*graph_, unit)) {}

std::string RunScript::describe() const {
    return "running the build script of " + unit_detail::shown(graph_->units.units[unit_]);
}

namespace unit_detail {

// cc-rs and its like read these: the C they compile must not name this machine's paths either.
void add_script_environment(exec::Action& action, const ResolvedGraph& graph, std::size_t unit) {
    std::vector<std::string> maps;
    for (std::string_view place : {exec::k_ws, exec::k_pkg, exec::k_out, exec::k_shared, exec::k_tool}) {
        maps.push_back(cat(place, "=", exec::keep(place)));
    }
    action.env["CARGO_TRIM_PATHS_SCOPE"] = "all";
    action.env["CARGO_TRIM_PATHS_REMAP"] = join(maps, ":");
    if (graph.wrappers.every.found()) action.env["RUSTC_WRAPPER"] = graph.wrappers.every.path;
    const bool is_member = graph.units.units[unit].is_member;
    if (is_member && graph.wrappers.members.found())
        action.env["RUSTC_WORKSPACE_WRAPPER"] = graph.wrappers.members.path;
    // Where no Python was chosen, in a plain workspace, it finds one by itself, as under cargo.
    if (!looks_for_python(graph.units, unit) || graph.python_config.empty()) return;
    if (!graph.settings->python.embeds) action.env["PYO3_BUILD_EXTENSION_MODULE"] = "1";
    action.env["PYO3_CONFIG_FILE"] = graph.python_config;
    action.inputs.insert(action.inputs.end(), graph.python_inputs.begin(), graph.python_inputs.end());
}

ScriptOutput provided_output(const CrateRule& rule, const DirectiveContext& context, Result<ScriptOutput>& parsed) {
    std::string text;
    for (const auto& [key, values] : rule.provides) {
        for (const std::string& value : values) text += cat("cargo:", key, "=", value, "\n");
    }
    parsed = parse_directives(text, context);
    return parsed.ok() ? *parsed : ScriptOutput();
}

}  // namespace unit_detail

std::vector<std::string> script_variables(const ResolvedGraph& graph) {
    std::vector<std::string> names = {"CC",
                                      "CXX",
                                      "AR",
                                      "CFLAGS",
                                      "CXXFLAGS",
                                      "LDFLAGS",
                                      "HOST_CC",
                                      "TARGET_CC",
                                      "PKG_CONFIG",
                                      "PKG_CONFIG_PATH",
                                      "PKG_CONFIG_LIBDIR",
                                      "PKG_CONFIG_SYSROOT_DIR",
                                      "OPENSSL_DIR",
                                      "OPENSSL_NO_VENDOR",
                                      "LIBCLANG_PATH",
                                      "PROTOC",
                                      "CMAKE"};
    std::string triple = replace_all(graph.toolchain.host, "-", "_");
    for (const char* head : {"CC_", "CXX_", "AR_", "CFLAGS_", "CXXFLAGS_"}) names.push_back(head + triple);
    return names;
}

// What stands in for a run: configuration of cargo (B12), or a rule of this project that denies it.
Result<std::optional<ScriptOutput>> script_replacement(const ResolvedGraph& graph, std::size_t index) {
    const Unit& unit = graph.units.units[index];
    if (unit.links_overridden) {
        TRY(overridden, overridden_output(graph.units, index, graph.request, graph.config));
        return std::optional<ScriptOutput>(overridden);
    }
    const CrateRule* rule = unit_detail::rule_of(graph, unit);
    if (rule == nullptr || !rule->deny_run) return std::optional<ScriptOutput>();
    Result<ScriptOutput> parsed = ScriptOutput();
    ScriptOutput output = unit_detail::provided_output(*rule, directive_context(unit, graph.config), parsed);
    if (!parsed.ok()) return std::move(parsed).error().at(rule->place);
    return std::optional<ScriptOutput>(output);
}

// The inputs of a workspace crate's script: its whole package, and what `cargo metadata` would tell it.
class ScriptInputs {
   public:
    using Value = std::vector<exec::Input>;
    static constexpr std::string_view k_name = "script-inputs";
    ScriptInputs(SharedGraph graph, std::size_t unit) : graph_(std::move(graph)), unit_(unit) {}
    std::string text() const { return unit_detail::key_text(*graph_, unit_); }
    const ResolvedGraph& graph() const { return *graph_; }
    const Unit& unit() const { return graph_->units.units[unit_]; }

   private:
    SharedGraph graph_;
    std::size_t unit_;
};

namespace unit_detail {

std::string metadata_label(const ResolvedGraph& graph) {
    return cat("cargo-metadata-", digest_of(graph.workspace.root_manifest).short_hex(8));
}

}  // namespace unit_detail

engine::Task<std::vector<exec::Input>> run(engine::Build build, ScriptInputs key) {
    const ResolvedGraph& graph = key.graph();
    const PackagePlace* place = unit_detail::place_of(graph, key.unit());
    std::vector<exec::Input> inputs;
    if (place != nullptr && place->immutable) {
        inputs.emplace_back(place->directory, place->tree, exec::InputKind::Tree);
    } else {
        std::vector<exec::Input> own =
            co_await build.get(PackageInputs(key.unit().package->directory, RustSources::With));
        inputs = own;
        std::vector<exec::StagedFile> staged;
        staged.emplace_back("metadata.json", graph.metadata);
        exec::Outcome metadata = co_await build.get(exec::Stage(unit_detail::metadata_label(graph), staged));
        inputs.push_back(metadata.input("metadata.json"));
    }
    const CrateRule* rule = unit_detail::rule_of(graph, key.unit());
    if (rule == nullptr) co_return inputs;
    SourceFiles& files = build.service<exec::Executor>().files();
    for (const std::string& pattern : rule->inputs) {
        // Patterns are canonical: below the root of all places.
        std::vector<std::string> matching = matching_files(files, "/", pattern.substr(1));
        if (matching.empty()) {
            co_return project_error(
                cat("no file matches ", pattern, ", an input of the crate ", key.unit().package->name),
                "is it ignored by git and not there, or is the path not relative to this file?")
                .at(rule->place);
        }
        for (const std::string& relative : matching) {
            std::string path = "/" + relative;
            bool known =
                std::any_of(inputs.begin(), inputs.end(), [&](const exec::Input& one) { return one.path == path; });
            if (known) continue;
            Digest digest = co_await build.get(exec::FileDigest(path));
            inputs.emplace_back(path, digest);
        }
    }
    // A declared output must not be an input of the step that writes it.
    std::erase_if(inputs, [rule](const exec::Input& input) {
        return std::find(rule->outputs.begin(), rule->outputs.end(), input.path) != rule->outputs.end();
    });
    co_return inputs;
}

namespace unit_detail {

// Everything of a script's action that is known without waiting.
exec::Action script_action(const ResolvedGraph& graph, std::size_t index, const Command& command) {
    const Unit& unit = graph.units.units[index];
    exec::Action action;
    read_command(action, command);
    add_script_environment(action, graph, index);
    add_platform(action, graph, true);
    action.urgency = exec::k_before_many;
    action.label = unit.label;
    action.description = cat("run build script of ", shown(unit));
    action.outputs.emplace_back("out", exec::OutputKind::Directory);
    action.wanted_lines = "cargo:";
    action.writes = "a build script writes below OUT_DIR, and elsewhere what `outputs` of its crate names";
    action.pass_env = script_variables(graph);
    if (graph.python_config.empty() && looks_for_python(graph.units, index)) {  // it chooses by itself
        for (const char* name : {"PYO3_PYTHON", "PYTHON_SYS_EXECUTABLE", "VIRTUAL_ENV"}) {
            action.pass_env.emplace_back(name);
        }
    }
    const PackagePlace* place = place_of(graph, unit);
    if (place == nullptr || !place->immutable) {
        action.project_file = unit.package->manifest_path;
        action.env["CERMET_CARGO_METADATA"] = cat(exec::k_out, "/", metadata_label(graph), "/metadata.json");
        action.env["CERMET_CARGO_PLACES"] =
            cat(exec::k_ws, "=", exec::keep(exec::k_ws), ":", exec::k_pkg, "=", exec::keep(exec::k_pkg), ":",
                exec::k_out, "=", exec::keep(exec::k_out));
    }
    const CrateRule* rule = rule_of(graph, unit);
    if (rule == nullptr) return action;
    for (const auto& [name, value] : rule->env) action.env[name] = value;
    action.pass_env.insert(action.pass_env.end(), rule->pass_env.begin(), rule->pass_env.end());
    for (const std::string& path : rule->outputs) {
        action.outputs.emplace_back(path, exec::OutputKind::File);
        action.writable.push_back(std::string(parent(path)));
    }
    return action;
}

// Variables that the script says it depends on and was not given. Not those that every step has its own of, and not
// for scripts that look for Python: what they look at is told in PYO3_CONFIG_FILE.
std::vector<std::string> variables_to_ask_for(const ResolvedGraph& graph, std::size_t unit, const exec::Action& action,
                                              const ScriptOutput& output) {
    std::vector<std::string> found;
    if (looks_for_python(graph.units, unit) && !graph.python_config.empty()) return found;
    for (const std::string& name : output.rerun_if_env_changed) {
        bool own = action.env.count(name) != 0;
        for (std::string_view one : {"PATH", "HOME", "TMPDIR", "TMP", "TEMP", "TZ", "LANG", "LC_ALL", "PWD", "USER"}) {
            own = own || name == one;
        }
        const auto known = [&](const std::vector<std::string>& list) {
            return std::find(list.begin(), list.end(), name) != list.end();
        };
        if (!own && !name.empty() && !known(action.pass_env) && !known(found)) found.push_back(name);
    }
    return found;
}

// What the script needs to talk (docs/protocol.md).
void give_channel(exec::Action& action) {
    action.env[std::string(facts::k_variable)] = cat(exec::k_channel_descriptor);
    action.outputs.emplace_back(std::string(exec::k_statements), exec::OutputKind::OptionalFile);
}

// What a script said to people over its channel.
Status tell(exec::Executor& executor, const Unit& unit, const facts::Statements& said) {
    std::vector<std::string> errors;
    for (const facts::Diagnostic& one : said.diagnostics) {
        std::string place = one.where.file;
        if (one.where.line > 0) place += cat(":", one.where.line);
        std::string text = cat(place, place.empty() ? "" : ": ", one.message);
        if (!one.hint.empty()) text += cat(" (", one.hint, ")");
        if (one.level == facts::Diagnostic::Level::Error) {
            errors.push_back(text);
            continue;
        }
        if (!unit.is_local) continue;  // as with cargo's warnings
        text = cat(unit.package->name, "@", unit.package->version_text, ": ", text);
        if (one.level == facts::Diagnostic::Level::Warning) {
            executor.warn(text);
        } else {
            executor.notice(text);
        }
    }
    if (errors.empty()) return {};
    return step_error(cat("the build script of ", shown(unit), " failed: ", join(errors, "; ")));
}

// The same run with these variables of the user's: another step, so it has a directory of its own.
void give_variables(exec::Action& action, const std::vector<std::string>& names) {
    action.label += "-variables";
    action.env["OUT_DIR"] = cat(action.directory(), "/out");
    action.pass_env.insert(action.pass_env.end(), names.begin(), names.end());
}

}  // namespace unit_detail

engine::Task<ScriptRun> run(engine::Build build, RunScript key) {
    SharedGraph graph = key.graph();
    const Unit& unit = graph->units.units[key.unit()];
    ScriptRun answer;
    CO_TRY(replacement, script_replacement(*graph, key.unit()));
    if (replacement.has_value()) {
        answer.output = *replacement;
        co_return answer;
    }
    std::vector<exec::Input> inputs;
    ScriptOutputs outputs;
    std::size_t compile_unit = k_generated;
    for (const UnitDep& dep : unit.deps) {
        const Unit& other = graph->units.units[dep.unit];
        if (other.is_run()) {
            ScriptRun ran = co_await build.get(RunScript(graph, dep.unit));
            outputs[dep.unit] = ran.output;
            for (const exec::Input& input : ran.outcome.all_inputs()) inputs.push_back(input);
        } else if (other.is_script()) {
            compile_unit = dep.unit;
        }
    }
    if (compile_unit == k_generated) co_return bug("a build script's run has no program");
    exec::Outcome program = co_await build.get(CompileUnit(graph, compile_unit));
    for (const exec::OutputFile& file : program.files) {
        inputs.emplace_back(program.canonical(file.path), file.digest, exec::InputKind::Executable);
    }
    std::vector<exec::Input> own = co_await build.get(ScriptInputs(graph, key.unit()));
    inputs.insert(inputs.end(), own.begin(), own.end());
    Command command = script_command(graph->units, key.unit(), graph->request, graph->layout, outputs, graph->config);
    exec::Action action = unit_detail::script_action(*graph, key.unit(), command);
    action.inputs.insert(action.inputs.end(), inputs.begin(), inputs.end());
    CO_TRY(talk, talk_of(*unit.package));
    if (talk.has_value()) unit_detail::give_channel(action);
    ScriptProcess first(graph, key.unit(), action);
    exec::Outcome ran = co_await build.get(first);
    std::string printed = co_await build.get(exec::BlobText(ran.stdout_digest));
    Result<ScriptOutput> parsed = parse_directives(printed, directive_context(unit, graph->config));
    if (!parsed.ok()) co_return std::move(parsed).error().at(unit.package->manifest_path);
    std::vector<std::string> wanted = unit_detail::variables_to_ask_for(*graph, key.unit(), action, *parsed);
    std::vector<std::string> named;
    for (const std::string& name : wanted) {
        std::string value = co_await build.get(exec::UserEnvironment(name));
        if (!value.empty()) named.push_back(name);
    }
    if (!named.empty()) {
        unit_detail::give_variables(action, named);
        ScriptProcess second(graph, key.unit(), action);
        exec::Outcome ran_again = co_await build.get(second);
        std::string printed_again = co_await build.get(exec::BlobText(ran_again.stdout_digest));
        parsed = parse_directives(printed_again, directive_context(unit, graph->config));
        if (!parsed.ok()) co_return std::move(parsed).error().at(unit.package->manifest_path);
        parsed->directory = action.env["OUT_DIR"];
        ran = ran_again;
    }
    answer.output = *parsed;
    if (unit.is_local) {
        for (const std::string& warning : answer.output.warnings) {
            build.service<exec::Executor>().warn(
                cat(unit.package->name, "@", unit.package->version_text, ": ", warning));
        }
    }
    if (!answer.output.errors.empty()) {
        co_return step_error(
            cat("the build script of ", unit_detail::shown(unit), " failed: ", join(answer.output.errors, "; ")));
    }
    answer.outcome = ran;
    if (const exec::OutputFile* stated = ran.find(exec::k_statements)) {
        std::string lines = co_await build.get(exec::BlobText(stated->digest));
        CO_TRY(statements, facts::parse_statements(lines, cat("the build script of ", unit_detail::shown(unit))));
        answer.facts = statements.facts;
        CO_TRY_VOID(unit_detail::tell(build.service<exec::Executor>(), unit, statements));
    }
    for (const exec::OutputFile& file : ran.files) {
        if (is_absolute(file.path)) answer.tree_outputs.emplace_back(file.path, file.digest);
    }
    co_return answer;
}

}  // namespace cermet::rust

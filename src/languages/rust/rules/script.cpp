// One run of a build script: what it reads and sees, what stands in for it, and what it printed and said.
// SPDX-License-Identifier: MIT
#include <algorithm>

#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "exec/executor.h"
#include "exec/places.h"
#include "exec/queries.h"
#include "languages/rust/rules/given.h"
#include "languages/rust/rules/graph.h"
#include "languages/rust/rules/script_channel.h"
#include "languages/rust/rules/stand_in.h"
#include "languages/rust/rules/unit_action.h"

namespace cermet::rust {

RunScript::RunScript(SharedGraph graph, std::size_t unit)
    : graph_(std::move(graph)), unit_(unit), text_(unit_detail::key_text(*graph_, unit)) {}

std::string RunScript::describe() const {
    return "running the build script of " + unit_detail::shown(graph_->units.units[unit_]);
}

namespace script_detail {

using namespace unit_detail;

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

// By the names that the cc crate and its like look for first. What the user says under them is in these already.
void add_compilers(exec::Action& action, const ResolvedGraph& graph, const Unit& unit) {
    if (!is_for_target(graph, unit) || graph.cross.c.command.empty()) return;
    const std::string machine = "_" + c::variable_suffix(graph.request.target->triple);
    action.env["CC" + machine] = join(graph.cross.c.command, " ");
    action.env["AR" + machine] = graph.cross.c.archiver;
    if (!graph.cross.cxx.command.empty()) action.env["CXX" + machine] = join(graph.cross.cxx.command, " ");
    const c::CrossRecord& record = graph.cross.record;
    if (!record.c_flags.empty()) action.env["CFLAGS" + machine] = join(record.c_flags, " ");
    if (!record.cxx_flags.empty()) action.env["CXXFLAGS" + machine] = join(record.cxx_flags, " ");
    // The pkg-config crate takes it for leave to answer for another machine.
    if (!record.pkg_config.empty()) action.env["PKG_CONFIG" + machine] = join(record.pkg_config, " ");
}

}  // namespace script_detail

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
    std::vector<std::string> triples = {graph.toolchain.host};
    if (is_cross(graph)) {
        triples.push_back(graph.request.target->triple);
        for (const char* name : {"HOST_CXX", "TARGET_CXX", "TARGET_AR", "PKG_CONFIG_ALLOW_CROSS"})
            names.emplace_back(name);
        names.push_back("PKG_CONFIG_" + c::variable_suffix(graph.request.target->triple));
    }
    for (const std::string& triple : triples) {
        for (const char* head : {"CC_", "CXX_", "AR_", "CFLAGS_", "CXXFLAGS_"}) {
            names.push_back(head + c::variable_suffix(triple));
        }
    }
    return names;
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
    std::size_t index() const { return unit_; }

   private:
    SharedGraph graph_;
    std::size_t unit_;
};

namespace script_detail {

std::string metadata_label(const ResolvedGraph& graph) {
    return cat("cargo-metadata-", digest_of(graph.workspace.root_manifest).short_hex(8));
}

bool holds(const std::vector<exec::Input>& inputs, const std::string& path) {
    return std::any_of(inputs.begin(), inputs.end(), [&](const exec::Input& one) { return one.path == path; });
}

// What an entry of a rule's `inputs` names; patterns are canonical: below the root of all places.
Result<std::vector<std::string>> files_of(SourceFiles& files, const std::string& pattern, const CrateRule& rule) {
    std::vector<std::string> paths;
    for (const std::string& relative : matching_files(files, "/", pattern.substr(1))) paths.push_back("/" + relative);
    if (!paths.empty()) return paths;
    return project_error(cat("no file matches ", pattern, ", an input of the crate ", rule.crate),
                         "is it ignored by git and not there, or is the path not relative to this file?")
        .at(rule.place);
}

}  // namespace script_detail

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
        exec::Outcome metadata = co_await build.get(exec::Stage(script_detail::metadata_label(graph), staged));
        inputs.push_back(metadata.input("metadata.json"));
    }
    SourceFiles& files = build.service<exec::Executor>().files();
    for (const CrateRule* rule : rules_for_script(graph, key.index())) {
        for (const std::string& pattern : rule->inputs) {
            CO_TRY(matching, script_detail::files_of(files, pattern, *rule));
            for (const std::string& path : matching) {
                if (script_detail::holds(inputs, path)) continue;
                Digest digest = co_await build.get(exec::FileDigest(path));
                inputs.emplace_back(path, digest);
            }
        }
        // A declared output must not be an input of the step that writes it.
        std::erase_if(inputs, [rule](const exec::Input& input) { return contains(rule->outputs, input.path); });
    }
    co_return inputs;
}

namespace script_detail {

// Everything of a script's action that is known without waiting.
exec::Action script_action(const ResolvedGraph& graph, std::size_t index, const Command& command) {
    const Unit& unit = graph.units.units[index];
    exec::Action action;
    read_command(action, command);
    add_script_environment(action, graph, index);
    add_platform(action, graph, unit, true);
    for (const auto& [name, digest] : graph.named.of_scripts) action.platform[name] = digest;
    add_compilers(action, graph, unit);
    action.urgency = exec::k_before_many;
    action.label = unit.label;
    action.description = cat("run build script of ", shown(unit));
    action.outputs.emplace_back("out", exec::OutputKind::Directory);
    action.wanted_lines = "cargo:";
    action.discovery = exec::Discovery::Printed;
    action.script = cat("crates.", unit.package->name);
    action.watch = {"cargo:rerun-if-changed=", "cargo::rerun-if-changed="};
    action.writes = "a build script writes below OUT_DIR, and elsewhere what `outputs` of its crate names";
    action.fetches =
        cat("a script that talks can ask for files (`fetch`, docs/protocol.md); for this one "
            "[tool.cermet.crates.",
            unit.package->name,
            "] can say where they lie (`env = { NAME = \"download:NAME\" }`), what stands in for it (`deny-run`, "
            "`provides`), or that it may use the network (`network = true`)");
    action.pass_env = script_variables(graph);
    std::erase_if(action.pass_env, [&action](const std::string& name) { return action.env.count(name) != 0; });
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
    action.listable.push_back(unit.package->directory);
    for (const CrateRule* given : rules_for_script(graph, index)) {
        for (const std::string& pattern : given->inputs) {
            if (has_glob(pattern)) action.listable.push_back("/" + searched_directory(pattern.substr(1)));
        }
    }
    const CrateRule* rule = rule_of(graph, unit);
    if (rule == nullptr) return action;
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
        const auto known = [&](const std::vector<std::string>& list) { return contains(list, name); };
        if (!own && !name.empty() && !known(action.pass_env) && !known(found)) found.push_back(name);
    }
    return found;
}

// The same run with these variables of the user's: another step, so it has a directory of its own.
void give_variables(exec::Action& action, const std::vector<std::string>& names) {
    action.label += "-variables";
    action.env["OUT_DIR"] = cat(action.directory(), "/out");
    action.pass_env.insert(action.pass_env.end(), names.begin(), names.end());
}

}  // namespace script_detail

// The action of a run, without what it may say: its program, inputs and environment.
class ScriptAction {
   public:
    using Value = exec::Action;
    static constexpr std::string_view k_name = "script-action";
    ScriptAction(SharedGraph graph, std::size_t unit) : graph_(std::move(graph)), unit_(unit) {}
    std::string text() const { return unit_detail::key_text(*graph_, unit_); }
    const SharedGraph& graph() const { return graph_; }
    std::size_t unit() const { return unit_; }

   private:
    SharedGraph graph_;
    std::size_t unit_;
};

engine::Task<exec::Action> run(engine::Build build, ScriptAction key) {
    SharedGraph graph = key.graph();
    Given given = co_await build.get(GivenByRules(graph, key.unit()));  // first: what is missing is said at once
    std::vector<exec::Input> inputs;
    ScriptOutputs outputs;
    std::size_t compile_unit = k_generated;
    for (const UnitDep& dep : graph->units.units[key.unit()].deps) {
        const Unit& other = graph->units.units[dep.unit];
        if (other.is_run()) {
            ScriptRun ran = co_await build.get(RunScript(graph, dep.unit));
            outputs[dep.unit] = ran.output;
            for (const exec::Input& input : talk::files_of(ran.outcome)) inputs.push_back(input);
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
    exec::Action action = script_detail::script_action(*graph, key.unit(), command);
    action.inputs.insert(action.inputs.end(), inputs.begin(), inputs.end());
    given.add_to(action);
    co_return action;
}

namespace script_detail {

// What it printed for people; a Step error where it printed that it failed.
Status tell_directives(exec::Executor& executor, const Unit& unit, const ScriptOutput& output) {
    if (unit.is_local) {
        for (const std::string& warning : output.warnings)
            executor.warn(cat(unit.package->name, "@", unit.package->version_text, ": ", warning));
    }
    if (output.errors.empty()) return {};
    return step_error(cat("the build script of ", unit_detail::shown(unit), " failed: ", join(output.errors, "; ")));
}

// What it said over its channel.
Status take_statements(exec::Executor& executor, const Unit& unit, const std::string& lines, const talk::Asker& asker,
                       ScriptRun& ran) {
    TRY(said, talk::read_statements(lines, asker, ran.outcome));
    ran.facts = said.facts;
    ran.headers = talk::outputs_of(said, facts::OutputRole::Header, ran.outcome);
    const std::string subject = cat(unit.package->name, "@", unit.package->version_text);
    return talk::tell(executor, said, asker, subject,
                      unit.is_local ? talk::Audience::Everybody : talk::Audience::Nobody);
}

// Files of OUT_DIR that the rule calls headers.
void add_headers(ScriptRun& ran, const CrateRule& rule) {
    for (const exec::OutputFile& file : ran.outcome.files) {
        const bool header = std::any_of(rule.headers.begin(), rule.headers.end(),
                                        [&](const std::string& glob) { return glob_match("out/" + glob, file.path); });
        if (header) ran.headers.emplace_back(ran.outcome.canonical(file.path), file.digest);
    }
}

}  // namespace script_detail

engine::Task<ScriptRun> run(engine::Build build, RunScript key) {
    SharedGraph graph = key.graph();
    const Unit& unit = graph->units.units[key.unit()];
    ScriptRun answer;
    talk::ProvidedFact library;
    if (std::optional<LibraryOf> wanted = library_of(*graph, key.unit())) {
        talk::ProvidedFact found = co_await build.get(*wanted);
        library = std::move(found);
    }
    SaidByRule::Said said = co_await build.get(SaidByRule(graph, key.unit()));
    CO_TRY(replacement, script_replacement(*graph, key.unit(), library, said.text));
    if (replacement.has_value()) {
        answer.output = *replacement;
        answer.given = library.files;
        answer.given.insert(answer.given.end(), said.inputs.begin(), said.inputs.end());
        co_return answer;
    }
    exec::Action action = co_await build.get(ScriptAction(graph, key.unit()));
    if (graph->channels.count(key.unit()) != 0) talk::give_channel(action);
    const talk::Asker asker = asker_of(*graph, key.unit());
    const RequiredFact anything(graph, key.unit(), {});
    ScriptProcess first(action, asker, anything);
    exec::Outcome ran = co_await build.get(first);
    std::string printed = co_await build.get(exec::BlobText(ran.stdout_digest));
    Result<ScriptOutput> parsed = parse_directives(printed, directive_context(unit, graph->config));
    if (!parsed.ok()) co_return std::move(parsed).error().at(unit.package->manifest_path);
    std::vector<std::string> named;
    for (const std::string& name : script_detail::variables_to_ask_for(*graph, key.unit(), action, *parsed)) {
        std::string value = co_await build.get(exec::UserEnvironment(name));
        if (!value.empty()) named.push_back(name);
    }
    if (!named.empty()) {
        script_detail::give_variables(action, named);
        ScriptProcess second(action, asker, anything);
        exec::Outcome ran_again = co_await build.get(second);
        std::string printed_again = co_await build.get(exec::BlobText(ran_again.stdout_digest));
        parsed = parse_directives(printed_again, directive_context(unit, graph->config));
        if (!parsed.ok()) co_return std::move(parsed).error().at(unit.package->manifest_path);
        parsed->directory = action.env["OUT_DIR"];
        ran = ran_again;
    }
    answer.output = *parsed;
    answer.outcome = ran;
    CO_TRY_VOID(script_detail::tell_directives(build.service<exec::Executor>(), unit, answer.output));
    std::string lines;
    if (const exec::OutputFile* stated = ran.find(exec::k_statements)) {
        std::string text = co_await build.get(exec::BlobText(stated->digest));
        lines = std::move(text);
    }
    CO_TRY_VOID(script_detail::take_statements(build.service<exec::Executor>(), unit, lines, asker, answer));
    if (const CrateRule* rule = unit_detail::rule_of(*graph, unit)) script_detail::add_headers(answer, *rule);
    for (const exec::OutputFile& file : ran.files) {
        if (is_absolute(file.path)) answer.tree_outputs.emplace_back(file.path, file.digest);
    }
    co_return answer;
}

}  // namespace cermet::rust

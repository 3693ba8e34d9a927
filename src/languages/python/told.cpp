// Entries of `uses`, and tools, as facts.
// SPDX-License-Identifier: MIT
#include "languages/python/told.h"

#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "languages/python/environment.h"
#include "languages/python/facts.h"
#include "languages/python/generate.h"
#include "languages/python/modules.h"
#include "languages/rust/rust.h"
#include "options/config.h"

namespace cermet::python {
namespace told_detail {

void set_list(Json& json, const char* name, const std::vector<std::string>& values) {
    if (!values.empty()) json.set(name, Json::strings(values));
}

void set_files(Json& json, const char* name, const std::vector<exec::Input>& files) {
    std::vector<std::string> paths;
    for (const exec::Input& file : files) paths.push_back(file.path);
    set_list(json, name, paths);
}

Json value_of(const c::Provides& provides) {
    Json json{Json::Object{}};
    set_list(json, "include", provides.include_dirs);
    set_list(json, "pxd", provides.pxd_dirs);
    set_list(json, "compile-flags", provides.compile_flags);
    set_list(json, "link-flags", provides.link_flags);
    set_files(json, "archives", provides.archives);
    set_files(json, "shared-libraries", provides.shared_libraries);
    set_files(json, "files", provides.inputs);
    return json;
}

// Of the value and of the files it names: what decides whether a user is built again.
std::string digest_of_provided(const c::Provides& provides) {
    std::string text = value_of(provides).dump();
    for (const auto* files : {&provides.archives, &provides.shared_libraries, &provides.inputs}) {
        for (const exec::Input& file : *files) text += cat("\n", file.path, " ", file.digest.text());
    }
    return digest_of(text).hex();
}

// Programs of the project that generators run: `uses = ["tool:NAME"]`.
void add_programs(std::vector<talk::Told>& all, const engine::Graph& graph) {
    std::map<engine::KeyId, const engine::Seen<BuildProgram>*> programs;
    const std::vector<engine::Seen<BuildProgram>> seen = graph.all_of<BuildProgram>();
    for (const engine::Seen<BuildProgram>& one : seen) programs[one.id] = &one;
    for (const engine::Seen<RunGenerate>& user : graph.all_of<RunGenerate>()) {
        for (engine::KeyId dep : graph.deps_of(user.id)) {
            auto found = programs.find(dep);
            if (found == programs.end() || found->second->value == nullptr) continue;
            talk::Told told;
            told.fact.kind = "tool";
            told.fact.name = found->second->key->name();
            told.fact.value = Json().set("program", found->second->value->file.path);
            told.digest = found->second->value->file.digest.hex();
            told.provider = dep;
            told.question = user.id;
            all.push_back(std::move(told));
        }
    }
}

// What generators stated, whoever asked.
void add_generated(std::vector<talk::Told>& all, const engine::Graph& graph) {
    for (const engine::Seen<RunGenerate>& one : graph.all_of<RunGenerate>()) {
        if (one.value == nullptr) continue;
        for (const facts::Fact& fact : one.value->facts) {
            talk::Told told;
            told.fact = fact;
            told.digest = fact.digest().hex();
            told.provider = one.id;
            all.push_back(std::move(told));
        }
    }
}

// The generator that a question for this fact waited for; k_no_key: another provider answered.
engine::KeyId generator_of(const engine::Graph& graph, engine::KeyId question, const facts::Fact& fact) {
    const std::vector<engine::KeyId> deps = graph.deps_of(question);
    for (const engine::Seen<RunGenerate>& one : graph.all_of<RunGenerate>()) {
        if (one.value == nullptr || !contains(deps, one.id)) continue;
        for (const facts::Fact& stated : one.value->facts) {
            if (stated.text() == fact.text()) return one.id;
        }
    }
    return engine::k_no_key;
}

// What the project itself provides to modules and generators; scripts' questions are Rust's.
void add_searched(std::vector<talk::Told>& all, const engine::Graph& graph) {
    std::map<std::string, const engine::Seen<talk::ProjectFact>*> answers;
    const std::vector<engine::Seen<talk::ProjectFact>> seen = graph.all_of<talk::ProjectFact>();
    for (const engine::Seen<talk::ProjectFact>& one : seen) answers[one.key->text()] = &one;
    for (const engine::Seen<SearchFact>& one : graph.all_of<SearchFact>()) {
        auto answer = answers.find(one.key->text());
        if (one.value == nullptr || answer == answers.end()) continue;
        if (answer->second->value == nullptr || !answer->second->value->fact) continue;
        talk::Told told;
        told.fact = *answer->second->value->fact;
        told.digest = told.fact.digest().hex();
        told.provider = generator_of(graph, answer->second->id, told.fact);
        told.question = one.id;
        all.push_back(std::move(told));
    }
}

talk::Told tool(std::string name, Json value, std::string digest, std::string origin, engine::KeyId id) {
    talk::Told told;
    told.fact.kind = "tool";
    told.fact.name = std::move(name);
    told.fact.visibility = facts::Visibility::Transitive;
    told.fact.value = std::move(value);
    told.fact.origin = std::move(origin);
    told.digest = std::move(digest);
    told.question = id;
    return told;
}

}  // namespace told_detail

std::vector<talk::Told> told_uses(const engine::Graph& graph) {
    std::vector<talk::Told> all;
    for (const engine::Seen<ProvideUse>& one : graph.all_of<ProvideUse>()) {
        Result<options::Use> use = options::parse_use(one.key->use());
        if (!use.ok() || use->kind == options::UseKind::Fact || use->kind == options::UseKind::Tool) continue;
        talk::Told told;
        told.fact.kind = one.key->use().substr(0, one.key->use().find(':'));
        told.fact.name = use->name;
        told.question = one.id;
        if (one.value != nullptr) {
            told.provider = one.id;
            told.fact.value = told_detail::value_of(*one.value);
            told.digest = told_detail::digest_of_provided(*one.value);
        } else {
            told.refused = one.error != nullptr ? one.error->message : "the build ended before";
        }
        all.push_back(std::move(told));
    }
    told_detail::add_programs(all, graph);
    told_detail::add_generated(all, graph);
    told_detail::add_searched(all, graph);
    return all;
}

std::vector<exec::SeenStep> talking_generators(const engine::Graph& graph) {
    std::vector<exec::SeenStep> found;
    for (const auto& one : graph.all_of<talk::TalkingStep<GeneratorAnswer>>())
        found.push_back({one.id, one.key->action().get(), one.value});
    return found;
}

std::vector<talk::Told> told_tools(const engine::Graph& graph) {
    using told_detail::tool;
    std::vector<talk::Told> all;
    for (const engine::Seen<c::FindToolchain>& one : graph.all_of<c::FindToolchain>()) {
        if (one.value == nullptr) continue;
        const char* name = one.value->language == c::Language::C ? "cc" : "c++";
        all.push_back(tool(name, one.value->to_json(), one.value->digest, one.value->command.front(), one.id));
    }
    for (const engine::Seen<rust::FindRust>& one : graph.all_of<rust::FindRust>()) {
        if (one.value == nullptr) continue;
        Json value;
        value.set("rustc", one.value->rustc).set("version", one.value->version).set("host", one.value->host);
        all.push_back(tool("rustc", std::move(value), one.value->digest, one.value->rustc, one.id));
    }
    for (const engine::Seen<FindPython>& one : graph.all_of<FindPython>()) {
        if (one.value == nullptr) continue;
        all.push_back(tool("python", one.value->record.to_json(), one.value->digest, one.value->executable, one.id));
    }
    for (const engine::Seen<FindCython>& one : graph.all_of<FindCython>()) {
        if (one.value == nullptr) continue;
        Json value;
        value.set("python", one.value->python).set("version", one.value->version);
        all.push_back(tool("cython", std::move(value), one.value->digest, "the build environment", one.id));
    }
    return all;
}

}  // namespace cermet::python

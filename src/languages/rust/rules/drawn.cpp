// How crates and build scripts stand in a drawing of the graph, and what scripts told each other.
// SPDX-License-Identifier: MIT
#include <set>

#include "base/text.h"
#include "languages/rust/rules/graph.h"
#include "languages/rust/rules/script_channel.h"
#include "languages/rust/rules/stand_in.h"

namespace cermet::rust {
namespace drawn_detail {

std::string package_text(const Unit& unit) { return cat(unit.package->name, " v", unit.package->version_text); }

std::string crate_text(const Unit& unit) {
    std::string text = package_text(unit);
    if (unit.target.is_bin()) text += cat(" (bin ", unit.target.name, ")");
    if (unit.target.kind == TargetKind::Example) text += cat(" (example ", unit.target.name, ")");
    return text;
}

talk::Told told_by(const facts::Fact& fact, engine::KeyId provider, engine::KeyId question) {
    talk::Told told;
    told.fact = fact;
    told.digest = fact.digest().hex();
    told.provider = provider;
    told.question = question;
    return told;
}

using Runs = std::vector<engine::Seen<RunScript>>;

// Every fact that a script stated, whoever asked.
void add_provided(std::vector<talk::Told>& all, const Runs& runs) {
    for (const engine::Seen<RunScript>& run : runs) {
        if (run.value == nullptr) continue;
        for (const facts::Fact& fact : run.value->facts) all.push_back(told_by(fact, run.id, engine::k_no_key));
    }
}

// Among what a question waited for, the script that stated the fact.
const facts::Fact* find_provider(const Runs& runs, const std::vector<engine::KeyId>& waited_for,
                                 const facts::FactName& name, engine::KeyId& provider) {
    const std::set<engine::KeyId> ids(waited_for.begin(), waited_for.end());
    for (const engine::Seen<RunScript>& run : runs) {
        if (run.value == nullptr || ids.count(run.id) == 0) continue;
        for (const facts::Fact& fact : run.value->facts) {
            if (!fact.is(name)) continue;
            provider = run.id;
            return &fact;
        }
    }
    return nullptr;
}

// What a script was answered; the answer may come from elsewhere than from a script.
void add_required(std::vector<talk::Told>& all, const engine::Graph& graph, const Runs& runs) {
    for (const engine::Seen<RequiredFact>& one : graph.all_of<RequiredFact>()) {
        engine::KeyId provider = engine::k_no_key;
        const facts::Fact* stated = find_provider(runs, graph.deps_of(one.id), one.key->name(), provider);
        talk::Told told;
        if (stated != nullptr) {
            told = told_by(*stated, provider, one.id);
        } else {
            told.fact.kind = one.key->name().kind;
            told.fact.name = one.key->name().name;
            told.question = one.id;
        }
        if (one.value != nullptr && stated == nullptr) {
            told.fact.value = (*one.value)["value"];
            told.fact.origin = (*one.value)["from"].string();
            told.digest = told.fact.digest().hex();
        }
        if (one.error != nullptr) told.refused = one.error->message;
        all.push_back(std::move(told));
    }
}

// What modules and libraries of the project got through `uses`.
void add_found(std::vector<talk::Told>& all, const engine::Graph& graph, const Runs& runs) {
    for (const engine::Seen<FindFact>& one : graph.all_of<FindFact>()) {
        if (one.value == nullptr || !one.value->fact) continue;
        engine::KeyId provider = engine::k_no_key;
        find_provider(runs, graph.deps_of(one.id), one.key->name(), provider);
        all.push_back(told_by(*one.value->fact, provider, one.id));
    }
}

// Libraries of the project in the place of a crate's script.
void add_stand_ins(std::vector<talk::Told>& all, const engine::Graph& graph) {
    for (const engine::Seen<LibraryOf>& one : graph.all_of<LibraryOf>()) {
        if (one.value != nullptr && one.value->fact) all.push_back(told_by(*one.value->fact, engine::k_no_key, one.id));
    }
}

// cargo hands what a package with `links` prints as metadata to the scripts of its direct dependants, asked or not.
void add_links(std::vector<talk::Told>& all, const Runs& runs) {
    std::map<std::string, const engine::Seen<RunScript>*> by_text;
    for (const engine::Seen<RunScript>& run : runs) by_text[run.key->text()] = &run;
    for (const engine::Seen<RunScript>& run : runs) {
        const UnitGraph& graph = run.key->graph()->units;
        for (const UnitDep& dep : graph.units[run.key->unit()].deps) {
            const Unit& unit = graph.units[dep.unit];
            if (!unit.is_run() || unit.package->links.empty()) continue;
            auto found = by_text.find(RunScript(run.key->graph(), dep.unit).text());
            if (found == by_text.end() || found->second->value == nullptr) continue;
            facts::Fact fact;
            fact.kind = "links";
            fact.name = unit.package->links;
            fact.origin = script_shown(unit);
            fact.value = Json(Json::Object{});
            for (const auto& [name, value] : found->second->value->output.metadata) fact.value.set(name, value);
            if (!fact.value.object().empty()) all.push_back(told_by(fact, found->second->id, run.id));
        }
    }
}

}  // namespace drawn_detail

engine::Drawn CompileUnit::drawn() const {
    const Unit& unit = graph_->units.units[unit_];
    // A merged library's generated root is the library itself; a script's program is the script.
    if (unit.node == k_generated || unit.is_script()) return {};
    return {"crate", unit.label, drawn_detail::crate_text(unit)};
}

engine::Drawn RunScript::drawn() const {
    const Unit& unit = graph_->units.units[unit_];
    return {"script", unit.label, drawn_detail::package_text(unit)};
}

std::vector<talk::Told> told_facts(const engine::Graph& graph) {
    using namespace drawn_detail;
    const Runs runs = graph.all_of<RunScript>();
    std::vector<talk::Told> all;
    add_provided(all, runs);
    add_required(all, graph, runs);
    add_found(all, graph, runs);
    add_stand_ins(all, graph);
    add_links(all, runs);
    return all;
}

std::vector<exec::SeenStep> talking_steps(const engine::Graph& graph) {
    std::vector<exec::SeenStep> found;
    for (const engine::Seen<ScriptProcess>& one : graph.all_of<ScriptProcess>()) {
        const exec::Action& action = *one.key->action();
        if (talk::has_channel(action)) found.push_back({one.id, &action, one.value});
    }
    return found;
}

}  // namespace cermet::rust

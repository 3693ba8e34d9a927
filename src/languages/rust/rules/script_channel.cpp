// Answers to build scripts: who provides what a script asks for, and the conversation with its process.
// SPDX-License-Identifier: MIT
#include "languages/rust/rules/script_channel.h"

#include <algorithm>
#include <deque>

#include "base/path.h"
#include "base/text.h"
#include "exec/executor.h"

namespace cermet::rust {
namespace script_channel_detail {

struct Provider {
    std::size_t run = 0;  // its unit
    bool direct = false;  // the package that asks depends on it itself
};

// The scripts of all that a package is built on: what its library, programs and its script's own program depend on.
std::vector<Provider> scripts_below(const UnitGraph& graph, std::size_t run) {
    std::map<std::size_t, bool> seen;  // unit -> direct
    std::deque<std::size_t> next;
    auto add = [&](std::size_t from, bool direct) {
        for (const UnitDep& dep : graph.units[from].deps) {
            const Unit& unit = graph.units[dep.unit];
            if (unit.is_run() || unit.is_script() || seen.count(dep.unit) != 0) continue;
            seen.emplace(dep.unit, direct);
            next.push_back(dep.unit);
        }
    };
    for (std::size_t unit = 0; unit < graph.units.size(); ++unit) {
        const bool own = own_run_of(graph, unit) == std::optional<std::size_t>(run);
        const bool script = script_compile_of(graph, run) == std::optional<std::size_t>(unit);
        if (own || script) add(unit, true);
    }
    while (!next.empty()) {
        add(next.front(), false);
        next.pop_front();
    }
    std::vector<Provider> found;
    for (const auto& [unit, direct] : seen) {
        std::optional<std::size_t> below = own_run_of(graph, unit);
        if (!below || *below == run) continue;
        auto known = std::find_if(found.begin(), found.end(), [&](const Provider& one) { return one.run == *below; });
        if (known == found.end()) {
            found.push_back({*below, direct});
        } else {
            known->direct = known->direct || direct;
        }
    }
    return found;
}

}  // namespace script_channel_detail

std::string script_shown(const Unit& unit) {
    return cat("the build script of ", unit.package->name, " v", unit.package->version_text);
}

RequiredFact::RequiredFact(SharedGraph graph, std::size_t unit, facts::FactName name)
    : graph_(std::move(graph)),
      unit_(unit),
      name_(std::move(name)),
      text_(cat(graph_->identity, " ", unit_, " ", name_.kind, ":", name_.name)) {}

std::string RequiredFact::describe() const {
    return cat("answering ", script_shown(graph_->units.units[unit_]), ", which asks for ", name_.kind, ":",
               name_.name);
}

talk::Asker asker_of(const ResolvedGraph& graph, std::size_t run) {
    const Unit& unit = graph.units.units[run];
    talk::Asker asker;
    asker.shown = script_shown(unit);
    asker.place.file = unit.package->manifest_path;
    const auto channel = graph.channels.find(run);
    if (channel != graph.channels.end()) {
        asker.downloads = channel->second.downloads;
        asker.place = unit.package->channel_place;
    }
    asker.declares = "[package.metadata.cermet] fetch = [{ name, url, sha256 }] of its Cargo.toml allows it";
    const CrateRule* rule = graph.settings->rule_for(*unit.package);
    if (rule == nullptr) return asker;
    asker.options = rule->options;
    asker.place = rule->place;
    return asker;
}

engine::Task<Json> run(engine::Build build, RequiredFact key) {
    using namespace script_channel_detail;
    const UnitGraph& graph = key.graph()->units;
    const platform::Machine machine = machine_of(*key.graph(), graph.units[key.unit()]);
    talk::ProvidedFact project = co_await build.get(talk::ProjectFact(key.name(), machine));
    if (project.chosen) co_return talk::answer_of(*project.fact, project.files);
    const std::string who = script_shown(graph.units[key.unit()]);
    std::vector<Provider> candidates;
    std::vector<std::string> offered = project.offered;
    for (const Provider& one : scripts_below(graph, key.unit())) {
        const Package& package = *graph.units[one.run].package;
        const auto channel = key.graph()->channels.find(one.run);
        if (channel == key.graph()->channels.end()) continue;
        for (const facts::FactName& name : channel->second.provides) offered.push_back(name.text());
        const bool meant = project.crate.empty() || project.crate == package.name;
        if (meant && channel->second.provides_fact(key.name())) candidates.push_back(one);
    }
    if (candidates.empty() && project.fact) co_return talk::answer_of(*project.fact, project.files);
    if (candidates.empty()) co_return talk::nobody_provides(who, key.name(), offered, "nothing that it depends on");
    const Provider provider = candidates[0];
    const Unit& unit = graph.units[provider.run];
    if (project.fact)
        co_return talk::two_provide(key.name(), script_shown(unit), project.fact->origin)
            .at(unit.package->channel_place);
    if (candidates.size() > 1)
        co_return talk::two_provide(key.name(), script_shown(unit), script_shown(graph.units[candidates[1].run]))
            .at(unit.package->channel_place);
    ScriptRun ran = co_await build.get(RunScript(key.graph(), provider.run));
    for (const facts::Fact& fact : ran.facts) {
        if (!fact.is(key.name())) continue;
        const bool visible = fact.visibility == facts::Visibility::Transitive ||
                             (fact.visibility == facts::Visibility::Direct && provider.direct);
        if (!visible)
            co_return project_error(cat(who, " asks for ", fact.text(), ", which ", fact.origin, " provides ",
                                        facts::text_of(fact.visibility), " only"),
                                    "`visibility = transitive` shows it to all that stand on its package");
        co_return talk::answer_of(fact, talk::files_of(ran.outcome));
    }
    co_return project_error(
        cat(script_shown(unit), " did not provide ", key.name().text(), ", which its Cargo.toml says it does"))
        .at(unit.package->channel_place);
}

}  // namespace cermet::rust

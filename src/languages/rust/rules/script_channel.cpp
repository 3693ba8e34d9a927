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

std::string shown(const Unit& unit) {
    return cat("the build script of ", unit.package->name, " v", unit.package->version_text);
}

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

bool provides(const Talk& talk, const facts::FactName& name) {
    return std::any_of(talk.provides.begin(), talk.provides.end(),
                       [&](const facts::FactName& one) { return one.kind == name.kind && one.name == name.name; });
}

Status add_download(Talk& talk, const Package& package, const Json& entry) {
    const std::vector<facts::Member> members = {{"name", facts::Shape::Text, true, ""},
                                                {"url", facts::Shape::Text, true, ""},
                                                {"sha256", facts::Shape::Text, true, ""},
                                                {"size", facts::Shape::Number, false, ""},
                                                {"license", facts::Shape::Text, false, ""}};
    TRY_VOID(facts::check_members(entry, members, false, "`fetch` of [package.metadata.cermet]"));
    const std::string& name = entry["name"].string();
    fetch::PinnedFile file;
    file.url = entry["url"].string();
    file.sha256 = lower(entry["sha256"].string());
    file.size = static_cast<std::uint64_t>(std::max<std::int64_t>(entry["size"].integer(), 0));
    file.name = cat("the download ", name, " of ", package.name, " v", package.version_text);
    file.place.file = package.manifest_path;
    TRY_VOID(fetch::check_pinned(file));
    if (!entry["license"].string().empty()) talk.licences.emplace(name, entry["license"].string());
    if (talk.downloads.emplace(name, file).second) return {};
    return project_error(cat("the download ", name, " is declared twice"));
}

}  // namespace script_channel_detail

Result<std::optional<Talk>> talk_of(const Package& package) {
    const Json* said = package.metadata.find("cermet");
    if (said == nullptr) return std::optional<Talk>();
    const std::vector<facts::Member> members = {{"provide", facts::Shape::Texts, false, ""},
                                                {"fetch", facts::Shape::Any, false, ""}};
    Status good = facts::check_members(*said, members, false, "[package.metadata.cermet]");
    if (!good.ok()) return std::move(good).error().at(package.manifest_path);
    Talk talk;
    for (const std::string& text : (*said)["provide"].string_list()) {
        std::optional<facts::FactName> name = facts::parse_fact_name(text);
        if (!name)
            return project_error(cat("`", text, "` is no name of a fact"), "it is KIND:NAME, as in library:z")
                .at(package.manifest_path);
        talk.provides.push_back(*name);
    }
    for (const Json& entry : (*said)["fetch"].array()) {
        Status added = script_channel_detail::add_download(talk, package, entry);
        if (!added.ok()) return std::move(added).error().at(package.manifest_path);
    }
    return std::optional<Talk>(talk);
}

RequiredFact::RequiredFact(SharedGraph graph, std::size_t unit, facts::FactName name)
    : graph_(std::move(graph)),
      unit_(unit),
      name_(std::move(name)),
      text_(cat(graph_->identity, " ", unit_, " ", name_.kind, ":", name_.name)) {}

std::string RequiredFact::describe() const {
    return cat("answering ", script_channel_detail::shown(graph_->units.units[unit_]), ", which asks for ", name_.kind,
               ":", name_.name);
}

talk::Asker asker_of(const ResolvedGraph& graph, std::size_t run, const Talk& talk) {
    const Unit& unit = graph.units.units[run];
    talk::Asker asker;
    asker.shown = script_channel_detail::shown(unit);
    asker.downloads = talk.downloads;
    asker.place.file = unit.package->manifest_path;
    asker.declares = "[package.metadata.cermet] fetch = [{ name, url, sha256 }] of its Cargo.toml allows it";
    const CrateRule* rule = graph.settings->rule_for(*unit.package);
    if (rule == nullptr) return asker;
    asker.options = rule->options;
    asker.place = rule->place;
    return asker;
}

namespace script_channel_detail {

Error two_provide(const facts::FactName& name, const std::string& one, const std::string& other) {
    return project_error(
        cat(name.text(), " is provided by ", one, " and by ", other),
        cat("`provide` of the configuration can say which one is meant: \"", name.text(), "\" = \"crate:NAME\""));
}

}  // namespace script_channel_detail

engine::Task<Json> run(engine::Build build, RequiredFact key) {
    using namespace script_channel_detail;
    talk::ProvidedFact project = co_await build.get(talk::ProjectFact(key.name()));
    if (project.chosen) co_return talk::answer_of(*project.fact, project.files);
    const UnitGraph& graph = key.graph()->units;
    const std::string who = shown(graph.units[key.unit()]);
    std::vector<Provider> candidates;
    std::vector<std::string> offered = project.offered;
    for (const Provider& one : scripts_below(graph, key.unit())) {
        const Package& package = *graph.units[one.run].package;
        CO_TRY(talk, talk_of(package));
        if (!talk.has_value()) continue;
        for (const facts::FactName& name : talk->provides) offered.push_back(name.text());
        const bool meant = project.crate.empty() || project.crate == package.name;
        if (meant && provides(*talk, key.name())) candidates.push_back(one);
    }
    if (candidates.empty() && project.fact) co_return talk::answer_of(*project.fact, project.files);
    if (candidates.empty()) co_return talk::nobody_provides(who, key.name(), offered, "nothing that it depends on");
    const Provider provider = candidates[0];
    const Unit& unit = graph.units[provider.run];
    if (project.fact) co_return two_provide(key.name(), shown(unit), project.fact->origin);
    if (candidates.size() > 1) co_return two_provide(key.name(), shown(unit), shown(graph.units[candidates[1].run]));
    ScriptRun ran = co_await build.get(RunScript(key.graph(), provider.run));
    for (const facts::Fact& fact : ran.facts) {
        if (fact.kind != key.name().kind || fact.name != key.name().name) continue;
        const bool visible = fact.visibility == facts::Visibility::Transitive ||
                             (fact.visibility == facts::Visibility::Direct && provider.direct);
        if (!visible)
            co_return project_error(cat(who, " asks for ", fact.text(), ", which ", fact.origin, " provides ",
                                        facts::text_of(fact.visibility), " only"),
                                    "`visibility = transitive` shows it to all that stand on its package");
        co_return talk::answer_of(fact, talk::files_of(ran.outcome));
    }
    co_return project_error(
        cat(shown(unit), " did not provide ", key.name().text(), ", which its Cargo.toml says it does"))
        .at(unit.package->manifest_path);
}

}  // namespace cermet::rust

// What rules give, implemented: variables whose values are places, tools, and the directives in place of a script.
// SPDX-License-Identifier: MIT
#include "languages/rust/rules/given.h"

#include <algorithm>

#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "languages/rust/rules/unit_action.h"

namespace cermet::rust {
namespace given_detail {

std::string who(const CrateRule& rule) { return cat("the rule for the crate ", rule.crate); }

void add(Given& given, const talk::Place& place) {
    add_all_once(given.inputs, place.inputs);
    given.platform.insert(place.platform.begin(), place.platform.end());
}

}  // namespace given_detail

std::vector<const CrateRule*> rules_for_script(const ResolvedGraph& graph, std::size_t run) {
    std::vector<const CrateRule*> rules;
    if (const CrateRule* own = unit_detail::rule_of(graph, graph.units.units[run])) rules.push_back(own);
    const bool any = std::any_of(graph.settings->rules.begin(), graph.settings->rules.end(),
                                 [](const CrateRule& rule) { return rule.for_users; });
    if (!any) return rules;
    for (const Package* package : packages_of_script(graph.units, run)) {
        const CrateRule* rule = graph.settings->rule_for(*package);
        if (rule != nullptr && rule->for_users) add_once(rules, rule);
    }
    return rules;
}

void Given::add_to(exec::Action& action) const {
    for (const auto& [name, value] : env) action.env[name] = value;
    action.pass_env.insert(action.pass_env.end(), pass_env.begin(), pass_env.end());
    action.path = path;
    action.inputs.insert(action.inputs.end(), inputs.begin(), inputs.end());
    action.platform.insert(platform.begin(), platform.end());
    action.network = network;
}

GivenByRules::GivenByRules(SharedGraph graph, std::size_t unit)
    : graph_(std::move(graph)), unit_(unit), text_(unit_detail::key_text(*graph_, unit)) {}

engine::Task<Given> run(engine::Build build, GivenByRules key) {
    const ResolvedGraph& graph = key.graph();
    const Unit& unit = graph.units.units[key.unit()];
    std::vector<const CrateRule*> rules;
    if (unit.is_run()) {
        rules = rules_for_script(graph, key.unit());
    } else if (const CrateRule* own = unit_detail::rule_of(graph, unit)) {
        rules.push_back(own);
    }
    const platform::Machine machine = machine_of(graph, unit);
    Given given;
    for (const CrateRule* rule : rules) {
        for (const auto& [name, value] : rule->env) {
            if (given.env.count(name) != 0) continue;
            given.env.emplace(name, value);
            if (!talk::names_place(value)) continue;
            talk::Place place =
                co_await build.get(talk::NamedPlace(value, given_detail::who(*rule), rule->place, machine));
            given.env[name] = place.text;
            given_detail::add(given, place);
        }
        given.pass_env.insert(given.pass_env.end(), rule->pass_env.begin(), rule->pass_env.end());
        if (!unit.is_run()) continue;
        given.network = given.network || rule->network;
        for (const std::string& use : rule->uses) {
            talk::Place place =
                co_await build.get(talk::NamedPlace(use, given_detail::who(*rule), rule->place, machine));
            given_detail::add(given, place);
            if (!place.variable.empty()) given.env.emplace(place.variable, place.text);
        }
        for (const std::string& tool : rule->tools) {
            talk::Place place =
                co_await build.get(talk::NamedPlace("tool:" + tool, given_detail::who(*rule), rule->place, machine));
            add_once(given.path, std::string(parent(place.text)));
            given_detail::add(given, place);
        }
    }
    co_return given;
}

SaidByRule::SaidByRule(SharedGraph graph, std::size_t run)
    : graph_(std::move(graph)), unit_(run), text_(unit_detail::key_text(*graph_, run)) {}

engine::Task<SaidByRule::Said> run(engine::Build build, SaidByRule key) {
    SaidByRule::Said said;
    const CrateRule* rule = unit_detail::rule_of(key.graph(), key.graph().units.units[key.unit()]);
    if (rule == nullptr) co_return said;
    const platform::Machine machine = machine_of(key.graph(), key.graph().units.units[key.unit()]);
    for (const auto& [name, values] : rule->provides) {
        for (const std::string& value : values) {
            std::string text = value;
            if (talk::names_place(value)) {
                talk::Place place =
                    co_await build.get(talk::NamedPlace(value, given_detail::who(*rule), rule->place, machine));
                text = place.text;
                add_all_once(said.inputs, place.inputs);
            }
            said.text += cat("cargo:", name, "=", text, "\n");
        }
    }
    co_return said;
}

}  // namespace cermet::rust

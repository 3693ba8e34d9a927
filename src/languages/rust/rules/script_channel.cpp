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

Error nobody_provides(const RequiredFact& key, const std::vector<std::string>& offered) {
    const std::string wanted = cat(key.name().kind, ":", key.name().name);
    const std::string near = nearest(wanted, offered);
    std::string hint = offered.empty() ? std::string("nothing that it depends on provides anything")
                                       : cat("there are ", join(offered, ", "));
    if (!near.empty()) hint = cat("`", near, "` is provided");
    return project_error(cat(shown(key.graph()->units.units[key.unit()]), " asks for ", wanted,
                             ", and nothing that it depends on provides it"),
                         hint);
}

void collect_paths(const Json& value, std::vector<std::string>& paths) {
    if (value.is_string() && is_absolute(value.string())) paths.push_back(value.string());
    for (const Json& one : value.array()) collect_paths(one, paths);
    for (const auto& [name, member] : value.object()) collect_paths(member, paths);
}

// Of the provider's files that paths in the value lead to: who asked runs again when one of them changes.
Digest digest_of_files(const Json& value, const exec::Outcome& outcome) {
    std::vector<std::string> paths;
    collect_paths(value, paths);
    std::string text;
    for (const exec::OutputFile& file : outcome.files) {
        const std::string canonical = outcome.canonical(file.path);
        const bool named = std::any_of(paths.begin(), paths.end(),
                                       [&](const std::string& path) { return is_within(canonical, path); });
        if (named) text += cat(canonical, " ", file.digest.text(), "\n");
    }
    return digest_of(text);
}

// What is known without asking the graph; nullopt: it has to be asked.
std::optional<Result<std::string>> at_once(const Result<facts::Question>& question) {
    if (!question.ok()) return question.error();
    if (question->type == facts::Question::Type::Require) return std::nullopt;
    Result<Json> answer = facts::answer_hello(question->message);
    if (!answer.ok()) return answer.error();
    return answer->dump();
}

facts::FactName name_in(const Json& message) { return {message["kind"].string(), message["name"].string()}; }

Result<std::string> answer_of(const Json& message, const Result<Json>& fact) {
    if (fact.ok()) return fact->dump();
    if (fact.error().kind == ErrorKind::Project && message["optional"].boolean()) return std::string("null");
    return fact.error();
}

}  // namespace script_channel_detail

Result<std::optional<Talk>> talk_of(const Package& package) {
    const Json* said = package.metadata.find("cermet");
    if (said == nullptr) return std::optional<Talk>();
    const std::vector<facts::Member> members = {{"provide", facts::Shape::Texts, false, ""}};
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
    return std::optional<Talk>(talk);
}

ScriptProcess::ScriptProcess(SharedGraph graph, std::size_t unit, exec::Action action)
    : graph_(std::move(graph)),
      unit_(unit),
      action_(std::make_shared<const exec::Action>(std::move(action))),
      text_(exec::Run(*action_).text()) {
    // Other selections may give other answers; without questions all are the same step.
    if (action_->env.count(std::string(facts::k_variable)) != 0) text_ = cat(graph_->identity, " ", text_);
}

engine::Task<exec::Outcome> run(engine::Build build, ScriptProcess key) {
    if (key.action()->env.count(std::string(facts::k_variable)) == 0) {
        exec::Run silent(*key.action());
        exec::Outcome outcome = co_await build.get(silent);
        co_return outcome;
    }
    engine::Ticket<exec::Said> first = build.ticket<exec::Said>();
    exec::Listening talk = build.service<exec::Executor>().converse(key.action(), first.sender());
    Result<exec::Said> said = co_await build.attempt_answer(first);
    while (said.ok() && said->question) {
        Result<facts::Question> question = facts::parse_question(*said->question);
        std::optional<Result<std::string>> answer = script_channel_detail::at_once(question);
        if (!answer) {
            RequiredFact wanted(key.graph(), key.unit(), script_channel_detail::name_in(question->message));
            Result<Json> fact = co_await build.attempt(wanted);
            answer = script_channel_detail::answer_of(question->message, fact);
        }
        engine::Ticket<exec::Said> next = build.ticket<exec::Said>();
        talk->answer(*answer, next.sender());
        Result<exec::Said> more = co_await build.attempt_answer(next);
        said = std::move(more);
    }
    if (!said.ok()) co_return said.error();
    co_return said->outcome;
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

engine::Task<Json> run(engine::Build build, RequiredFact key) {
    using namespace script_channel_detail;
    const UnitGraph& graph = key.graph()->units;
    std::vector<Provider> candidates;
    std::vector<std::string> offered;
    for (const Provider& one : scripts_below(graph, key.unit())) {
        CO_TRY(talk, talk_of(*graph.units[one.run].package));
        if (!talk.has_value()) continue;
        for (const facts::FactName& name : talk->provides) offered.push_back(cat(name.kind, ":", name.name));
        if (provides(*talk, key.name())) candidates.push_back(one);
    }
    if (candidates.empty()) co_return nobody_provides(key, offered);
    if (candidates.size() > 1) {
        co_return project_error(
            cat(key.name().kind, ":", key.name().name, " is provided by ", shown(graph.units[candidates[0].run]),
                " and by ", shown(graph.units[candidates[1].run])),
            "an override can say which one is meant");
    }
    const Provider provider = candidates[0];
    ScriptRun ran = co_await build.get(RunScript(key.graph(), provider.run));
    const Unit& unit = graph.units[provider.run];
    for (const facts::Fact& fact : ran.facts) {
        if (fact.kind != key.name().kind || fact.name != key.name().name) continue;
        const bool visible = fact.visibility == facts::Visibility::Transitive ||
                             (fact.visibility == facts::Visibility::Direct && provider.direct);
        if (!visible)
            co_return project_error(cat(shown(graph.units[key.unit()]), " asks for ", fact.text(), ", which ",
                                        fact.origin, " provides ", facts::text_of(fact.visibility), " only"),
                                    "`visibility = transitive` shows it to all that stand on its package");
        Json answer;
        answer.set("value", fact.value).set("from", fact.origin);
        answer.set("digest", digest_of_files(fact.value, ran.outcome).hex());
        co_return answer;
    }
    co_return project_error(cat(shown(unit), " did not provide ", key.name().kind, ":", key.name().name,
                                ", which its Cargo.toml says it does"))
        .at(unit.package->manifest_path);
}

}  // namespace cermet::rust

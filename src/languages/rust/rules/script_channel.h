// ScriptProcess: a build script that talks, its questions answered by the graph (docs/protocol.md).
// SPDX-License-Identifier: MIT
//
// A package whose build script talks says so in its Cargo.toml, which cargo leaves alone:
//     [package.metadata.cermet]
//     provide = ["headers:shapes"]     what others may ask for: a script that asks waits for these scripts only
// Such a script gets the variable CERMET_CHANNEL. Services needed: Executor.
#pragma once
#include <string>

#include "facts/messages.h"
#include "languages/rust/rules/graph.h"

namespace cermet::rust {

// What `[package.metadata.cermet]` says; nullopt: the script does not talk.
struct Talk {
    std::vector<facts::FactName> provides;
};
Result<std::optional<Talk>> talk_of(const Package& package);

// As exec::Run, with answers where the script talks.
class ScriptProcess {
   public:
    using Value = exec::Outcome;
    static constexpr std::string_view k_name = "script-process";
    ScriptProcess(SharedGraph graph, std::size_t unit, exec::Action action);
    std::string text() const { return text_; }
    std::string describe() const { return action_->description; }
    const SharedGraph& graph() const { return graph_; }
    std::size_t unit() const { return unit_; }
    const std::shared_ptr<const exec::Action>& action() const { return action_; }

   private:
    SharedGraph graph_;
    std::size_t unit_;
    std::shared_ptr<const exec::Action> action_;
    std::string text_;
};
engine::Task<exec::Outcome> run(engine::Build build, ScriptProcess key);

// The answer to a `require` of the script that `unit` runs, as JSON: the value, who provides it, and a digest of what the
// paths in it lead to. A Project error lists the candidates.
class RequiredFact {
   public:
    using Value = Json;
    static constexpr std::string_view k_name = "required-fact";
    RequiredFact(SharedGraph graph, std::size_t unit, facts::FactName name);
    std::string text() const { return text_; }
    std::string describe() const;
    const SharedGraph& graph() const { return graph_; }
    std::size_t unit() const { return unit_; }
    const facts::FactName& name() const { return name_; }

   private:
    SharedGraph graph_;
    std::size_t unit_;
    facts::FactName name_;
    std::string text_;
};
engine::Task<Json> run(engine::Build build, RequiredFact key);

}  // namespace cermet::rust

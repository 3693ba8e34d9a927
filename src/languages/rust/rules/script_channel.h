// Build scripts that talk: who provides what they ask for (docs/protocol.md).
// SPDX-License-Identifier: MIT
//
// What a package says of it is in channel_table.h.
#pragma once
#include <string>

#include "facts/messages.h"
#include "languages/rust/rules/graph.h"
#include "talk/talk.h"

namespace cermet::rust {

// The script that `unit` runs, for people: "the build script of foo v1.0.0".
std::string script_shown(const Unit& unit);

// The answer to a `require` of the script that `unit` runs, as JSON: the value, who provides it, and a digest of what the
// paths in it lead to. What the project itself provides is asked first. A Project error lists the candidates.
class RequiredFact {
   public:
    using Value = Json;
    static constexpr std::string_view k_name = "required-fact";
    static constexpr std::string_view k_step_name = "script-process";
    RequiredFact(SharedGraph graph, std::size_t unit, facts::FactName name);
    std::string text() const { return text_; }
    std::string describe() const;
    const SharedGraph& graph() const { return graph_; }
    std::size_t unit() const { return unit_; }
    const facts::FactName& name() const { return name_; }
    RequiredFact named(facts::FactName name) const { return {graph_, unit_, std::move(name)}; }

   private:
    SharedGraph graph_;
    std::size_t unit_;
    facts::FactName name_;
    std::string text_;
};
engine::Task<Json> run(engine::Build build, RequiredFact key);
using ScriptProcess = talk::TalkingStep<RequiredFact>;

// The script that `run` runs, as who asks: its options are those of the crate's rule.
talk::Asker asker_of(const ResolvedGraph& graph, std::size_t run);

}  // namespace cermet::rust

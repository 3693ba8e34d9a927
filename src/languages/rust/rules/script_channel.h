// Build scripts that talk: what their packages say of it, and who provides what they ask for (docs/protocol.md).
// SPDX-License-Identifier: MIT
//
// A package whose build script talks says so in its Cargo.toml, which cargo leaves alone:
//     [package.metadata.cermet]
//     provide = ["headers:shapes"]     what others may ask for: a script that asks waits for these scripts only
//     fetch = [{ name = "words", url = "https://…", sha256 = "…", size = 5242880, license = "CC0-1.0" }]
// Such a script gets the variable CERMET_CHANNEL.
#pragma once
#include <string>

#include "facts/messages.h"
#include "languages/rust/rules/graph.h"
#include "talk/talk.h"

namespace cermet::rust {

// What `[package.metadata.cermet]` says; nullopt: the script does not talk.
struct Talk {
    std::vector<facts::FactName> provides;
    std::map<std::string, fetch::PinnedFile> downloads;  // by the names that the script uses
    std::map<std::string, std::string> licences;         // of the downloads, where it is said
};
Result<std::optional<Talk>> talk_of(const Package& package);

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
talk::Asker asker_of(const ResolvedGraph& graph, std::size_t run, const Talk& talk);

}  // namespace cermet::rust

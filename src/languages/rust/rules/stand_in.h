// What stands in for the run of a build script: cargo's own configuration, a rule that denies it, or a library of the project.
// SPDX-License-Identifier: MIT
// Source: cargo book "Overriding Build Scripts"; docs/protocol.md.
#pragma once
#include <optional>

#include "languages/rust/rules/graph.h"
#include "talk/talk.h"

namespace cermet::rust {

// The library that a crate's rule names, as the project provides it; a Project error at the rule where nobody does.
class LibraryOf {
   public:
    using Value = talk::ProvidedFact;
    static constexpr std::string_view k_name = "stand-in-library";
    LibraryOf(std::string crate, const CrateRule& rule, platform::Machine machine)
        : crate_(std::move(crate)), fact_(rule.library), place_(rule.place), machine_(machine) {}
    std::string text() const { return cat(crate_, " ", fact_, platform::shown_machine(machine_)); }
    std::string describe() const { return cat("looking for the library in place of the build script of ", crate_); }
    const std::string& crate() const { return crate_; }
    const std::string& fact() const { return fact_; }
    const Where& place() const { return place_; }
    platform::Machine machine() const { return machine_; }

   private:
    std::string crate_;
    std::string fact_;
    Where place_;
    platform::Machine machine_;
};
engine::Task<talk::ProvidedFact> run(engine::Build build, LibraryOf key);
std::optional<LibraryOf> library_of(const ResolvedGraph& graph, std::size_t run);

// Directives in place of those that the script would print; nullopt: it runs. `library`: the answer to library_of();
// `said`: what `provides` of the rule says.
Result<std::optional<ScriptOutput>> script_replacement(const ResolvedGraph& graph, std::size_t run,
                                                       const talk::ProvidedFact& library, const std::string& said);

}  // namespace cermet::rust

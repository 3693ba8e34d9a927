// What actions of units have in common: rustc calls and runs of build scripts. Private to the rules.
// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <vector>

#include "languages/rust/rules/graph.h"

namespace cermet::rust {
namespace unit_detail {

const PackagePlace* place_of(const ResolvedGraph& graph, const Unit& unit);  // null: of no package
const CrateRule* rule_of(const ResolvedGraph& graph, const Unit& unit);      // null: there is none
std::string shown(const Unit& unit);                                         // "foo v1.0.0 (build script)"
std::string key_text(const ResolvedGraph& graph, std::size_t unit);
void read_command(exec::Action& action, const Command& command);
// What a step of the unit depends on besides its arguments.
void add_platform(exec::Action& action, const ResolvedGraph& graph, const Unit& unit, bool linking);
// Whether a unit is for --target, and not for what the build itself runs.
bool is_for_target(const ResolvedGraph& graph, const Unit& unit);

}  // namespace unit_detail

// The files a unit of a workspace package may read that rustc's dep-info does not name.
class PackageInputs {
   public:
    using Value = std::vector<exec::Input>;
    static constexpr std::string_view k_name = "package-inputs";
    PackageInputs(std::string directory, RustSources sources) : directory_(std::move(directory)), sources_(sources) {}
    std::string text() const { return cat(directory_, sources_ == RustSources::With ? " with" : " without"); }
    const std::string& directory() const { return directory_; }
    RustSources sources() const { return sources_; }

   private:
    std::string directory_;
    RustSources sources_;
};
engine::Task<std::vector<exec::Input>> run(engine::Build build, PackageInputs key);

}  // namespace cermet::rust

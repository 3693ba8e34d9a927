// Stand-ins for build scripts, implemented: everything becomes directives, read as if the script had printed them.
// SPDX-License-Identifier: MIT
#include "languages/rust/rules/stand_in.h"

#include "base/path.h"
#include "base/text.h"

namespace cermet::rust {
namespace stand_in_detail {

const CrateRule* rule_of(const ResolvedGraph& graph, std::size_t run) {
    return graph.settings->rule_for(*graph.units.units[run].package);
}

// As -sys crates say it: where to look, what to link, and for their users `include` and, where there is one, `root`.
std::string directives_of(const facts::Fact& library) {
    std::string text;
    for (const std::string& directory : library.value["search"].string_list())
        text += cat("cargo:rustc-link-search=native=", directory, "\n");
    const std::string kind = library.value["link"].string() == "static" ? "static=" : "";
    for (const std::string& name : library.value["libraries"].string_list())
        text += cat("cargo:rustc-link-lib=", kind, name, "\n");
    for (const std::string& name : library.value["system"].string_list())
        text += cat("cargo:rustc-link-lib=", name, "\n");
    const std::vector<std::string> include = library.value["include"].string_list();
    if (!include.empty()) text += cat("cargo:include=", join(include, ":"), "\n");
    if (include.size() == 1 && file_name(include[0]) == "include") text += cat("cargo:root=", parent(include[0]), "\n");
    const std::string& version = library.value["version"].string();
    if (!version.empty()) text += cat("cargo:version=", version, "\n");
    return text;
}

}  // namespace stand_in_detail

std::optional<LibraryOf> library_of(const ResolvedGraph& graph, std::size_t run) {
    const CrateRule* rule = stand_in_detail::rule_of(graph, run);
    if (rule == nullptr || rule->library.empty() || graph.units.units[run].links_overridden) return std::nullopt;
    const Unit& unit = graph.units.units[run];
    return LibraryOf(unit.package->name, *rule, machine_of(graph, unit));
}

engine::Task<talk::ProvidedFact> run(engine::Build build, LibraryOf key) {
    std::optional<facts::FactName> name = facts::parse_fact_name(key.fact());
    if (!name) co_return bug("a library whose name was not checked: " + key.fact());
    talk::ProvidedFact found = co_await build.get(talk::ProjectFact(*name, key.machine()));
    if (found.fact) co_return found;
    co_return talk::nobody_provides(cat("the rule for the crate ", key.crate()), *name, found.offered).at(key.place());
}

Result<std::optional<ScriptOutput>> script_replacement(const ResolvedGraph& graph, std::size_t run,
                                                       const talk::ProvidedFact& library, const std::string& said) {
    const Unit& unit = graph.units.units[run];
    if (unit.links_overridden) {
        TRY(overridden, overridden_output(graph.units, run, graph.request, graph.config));
        return std::optional<ScriptOutput>(overridden);
    }
    const CrateRule* rule = stand_in_detail::rule_of(graph, run);
    if (rule == nullptr || (!rule->deny_run && !library.fact)) return std::optional<ScriptOutput>();
    std::string text = library.fact ? stand_in_detail::directives_of(*library.fact) : std::string();
    text += said;
    Result<ScriptOutput> parsed = parse_directives(text, directive_context(unit, graph.config));
    if (!parsed.ok()) return std::move(parsed).error().at(rule->place);
    return std::optional<ScriptOutput>(std::move(*parsed));
}

}  // namespace cermet::rust

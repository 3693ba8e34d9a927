// A crate request answered: the root unit's artefact, and what it takes to link it.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "exec/executor.h"
#include "exec/queries.h"
#include "languages/rust/rules/graph.h"
#include "languages/rust/rules/script_channel.h"

namespace cermet::rust {
namespace crate_detail {

void write_list(ByteWriter& out, const std::vector<std::string>& list) {
    out.varint(list.size());
    for (const std::string& text : list) out.string(text);
}

void write_packages(ByteWriter& out, const CrateRequest& request) {
    const Selection& packages = request.packages;
    for (const auto* list : {&packages.packages, &packages.exclude, &packages.features, &packages.bins,
                             &packages.examples, &request.config_overrides}) {
        write_list(out, *list);
    }
    for (bool flag : {packages.workspace, packages.default_features, packages.all_features, packages.lib,
                      packages.all_bins, packages.all_examples}) {
        out.u8(flag ? 1 : 0);
    }
    out.string(request.config_directory);
    out.string(request.overrides_directory);
}

std::string identity_of(const CrateRequest& request) {
    ByteWriter out;
    out.u8(static_cast<std::uint8_t>(request.use));
    out.string(request.name);
    write_list(out, request.crates);
    out.string(request.manifest_path);
    out.string(request.search_directory);
    write_list(out, request.features);
    out.u8(request.default_features ? 1 : 0);
    out.u8(request.all_features ? 1 : 0);
    out.string(request.profile);
    out.string(request.bin);
    write_list(out, request.exports);
    out.string(request.soname);
    out.varint(request.selection.size());
    for (const SelectedCrates& selected : request.selection) {
        write_list(out, selected.crates);
        write_list(out, selected.features);
        out.u8(static_cast<std::uint8_t>((selected.default_features ? 1 : 0) | (selected.all_features ? 2 : 0)));
    }
    if (request.use == CrateUse::Workspace) write_packages(out, request);
    out.string(request.settings->target);
    out.string(request.settings->cross.text());
    out.string(request.settings->python.pyo3_config);
    out.u8(request.settings->python.embeds ? 1 : 0);
    return digest_of(out.bytes()).hex();
}

// "note: native-static-libs: -lgcc_s -lutil …" in what rustc printed.
std::vector<std::string> native_static_libs(const std::string& printed) {
    for (const std::string& line : split_lines(printed)) {
        std::size_t at = line.find("native-static-libs:");
        if (at == std::string::npos) continue;
        std::string rest = line.substr(at + 19);
        std::size_t end = rest.find_first_of("\"\\\x1b");
        std::vector<std::string> flags;
        add_all_once(flags, split_words(rest.substr(0, end)));
        return flags;
    }
    return {};
}

// The list names all that the standard library could need; a module is to be bound to what it does need, as by rustc.
std::vector<std::string> only_needed(std::vector<std::string> flags) {
    if (flags.empty()) return flags;
    flags.insert(flags.begin(), "-Wl,--push-state,--as-needed");
    flags.emplace_back("-Wl,--pop-state");
    return flags;
}

// Where libraries lie that a script links from outside: rustc's list names them, and not their directories.
void add_search(std::vector<std::string>& flags, const ScriptOutput& script) {
    const bool outside = std::any_of(script.link_libs.begin(), script.link_libs.end(),
                                     [](const std::string& library) { return library.compare(0, 6, "static") != 0; });
    if (!outside) return;
    for (const std::string& path : script.link_paths) {
        const std::size_t equal = path.find('=');
        const std::string kind = equal == std::string::npos ? std::string() : path.substr(0, equal);
        if (kind != "" && kind != "native" && kind != "all") continue;
        const std::string flag = "-L" + (equal == std::string::npos ? path : path.substr(equal + 1));
        add_once(flags, flag);
    }
}

}  // namespace crate_detail

std::string request_identity(const CrateRequest& request) { return crate_detail::identity_of(request); }

const CrateRule* CrateSettings::rule_for(const Package& package) const {
    return rule_for(package.name, package.version);
}

const CrateRule* CrateSettings::rule_for(const std::string& name, const Version& version) const {
    for (const CrateRule& rule : rules) {
        if (rule.crate != name) continue;
        if (rule.versions.empty()) return &rule;
        const std::optional<VersionReq> wanted = parse_version_req(rule.versions);
        if (wanted && wanted->matches(version)) return &rule;
    }
    return nullptr;
}

std::vector<std::string> CrateSettings::crates_outputs() const {
    std::vector<std::string> all;
    for (const CrateRule& rule : rules) all.insert(all.end(), rule.outputs.begin(), rule.outputs.end());
    return all;
}

BuildCrate::BuildCrate(CrateRequest request) : request_(std::make_shared<const CrateRequest>(std::move(request))) {
    text_ = cat(request_->name, " ", crate_detail::identity_of(*request_));
}

std::string BuildCrate::describe() const { return cat("building the Rust part ", request_->name); }

engine::Task<CrateArtifact> run(engine::Build build, BuildCrate key) {
    auto request = std::make_shared<const CrateRequest>(key.request());
    SharedGraph graph = co_await build.get(ResolveGraph(request, crate_detail::identity_of(*request)));
    if (graph->units.roots.empty()) {
        co_return project_error(cat("nothing of ", join(request->crates, ", "), " can be built"),
                                "does the crate have a library target?")
            .at(request->place);
    }
    std::size_t root = graph->units.roots[0];
    exec::Outcome made = co_await build.get(CompileUnit(graph, root));
    CrateArtifact artifact;
    const Unit& unit = graph->units.units[root];
    for (const Artifact& one : artifacts_of(graph->units, root, graph->request)) {
        bool wanted = one.kind == ArtifactKind::Executable || one.kind == ArtifactKind::Link;
        if (wanted && made.find(one.file) != nullptr) artifact.file_name = one.file;
    }
    if (artifact.file_name.empty()) co_return bug("a root unit without an artefact: " + unit.label);
    artifact.file = made.input(artifact.file_name);
    if (request->use == CrateUse::Program) artifact.file.kind = exec::InputKind::Executable;
    for (const Unit& one : graph->units.units) {
        if (!one.package) continue;
        std::set<std::string> all(one.features.begin(), one.features.end());
        std::vector<std::string>& known = artifact.features[one.package->name];
        all.insert(known.begin(), known.end());
        known.assign(all.begin(), all.end());
    }
    if (request->use == CrateUse::Merged) {
        std::string printed = co_await build.get(exec::BlobText(made.stderr_digest));
        artifact.link_flags = crate_detail::only_needed(crate_detail::native_static_libs(printed));
    }
    // Headers and the like that scripts wrote into the tree belong to whoever uses the crate.
    std::vector<std::string> search;
    for (std::size_t i = 0; i < graph->units.units.size(); ++i) {
        if (!graph->units.units[i].is_run()) continue;
        ScriptRun ran = co_await build.get(RunScript(graph, i));
        if (request->use == CrateUse::Merged) crate_detail::add_search(search, ran.output);
        if (!graph->units.units[i].is_local) continue;
        artifact.inputs.insert(artifact.inputs.end(), ran.tree_outputs.begin(), ran.tree_outputs.end());
        artifact.inputs.insert(artifact.inputs.end(), ran.headers.begin(), ran.headers.end());
    }
    artifact.link_flags.insert(artifact.link_flags.begin(), search.begin(), search.end());
    co_return artifact;
}

LooksForPython::LooksForPython(CrateRequest request)
    : request_(std::make_shared<const CrateRequest>(std::move(request))), text_(crate_detail::identity_of(*request_)) {}

engine::Task<bool> run(engine::Build build, LooksForPython key) {
    SharedGraph graph = co_await build.get(ResolveGraph(key.request(), key.text()));
    bool looks = false;
    for (std::size_t i = 0; i < graph->units.units.size(); ++i) {
        looks = looks || (graph->units.units[i].is_run() && looks_for_python(graph->units, i));
    }
    co_return looks;
}

DeclaredDownloads::DeclaredDownloads(CrateRequest request)
    : request_(std::make_shared<const CrateRequest>(std::move(request))), text_(request_identity(*request_)) {}

engine::Task<std::vector<fetch::PinnedFile>> run(engine::Build build, DeclaredDownloads key) {
    SharedGraph graph = co_await build.get(ResolveGraph(key.request(), key.text()));
    std::vector<fetch::PinnedFile> all;
    for (const auto& [run, channel] : graph->channels) {
        for (const auto& [name, file] : channel.downloads) all.push_back(file);
    }
    co_return all;
}

FindFact::FindFact(CrateRequest request, facts::FactName name, std::string crate)
    : request_(std::make_shared<const CrateRequest>(std::move(request))),
      name_(std::move(name)),
      crate_(std::move(crate)),
      identity_(crate_detail::identity_of(*request_)),
      text_(cat(identity_, " ", name_.text(), " ", crate_)) {}

namespace crate_detail {

// The scripts of the request's own crates: those of its roots, or of what a generated root merges.
std::set<std::size_t> own_runs(const UnitGraph& graph) {
    std::set<std::size_t> found;
    auto add = [&](std::size_t unit) {
        if (std::optional<std::size_t> own = own_run_of(graph, unit)) found.insert(*own);
    };
    for (std::size_t root : graph.roots) {
        add(root);
        if (graph.units[root].node != k_generated) continue;
        for (const UnitDep& dep : graph.units[root].deps) add(dep.unit);
    }
    return found;
}

// Adds what one script provides; an error when another one provided something else under that name.
Status add_fact(talk::ProvidedFact& found, const facts::Fact& fact, const ScriptRun& ran, const Where& place) {
    if (!found.fact) {
        found.fact = fact;
        found.files = talk::files_of(ran.outcome);
        return {};
    }
    if (found.fact->digest() == fact.digest() && found.files == talk::files_of(ran.outcome)) return {};
    return talk::two_provide({fact.kind, fact.name}, found.fact->origin, fact.origin).at(place);
}

}  // namespace crate_detail

engine::Task<talk::ProvidedFact> run(engine::Build build, FindFact key) {
    SharedGraph graph = co_await build.get(ResolveGraph(key.request(), key.identity()));
    talk::ProvidedFact found;
    const std::set<std::size_t> own = crate_detail::own_runs(graph->units);
    for (const auto& [i, channel] : graph->channels) {
        const Package& package = *graph->units.units[i].package;
        for (const facts::FactName& name : channel.provides) found.offered.push_back(name.text());
        if (!channel.provides_fact(key.name()) || (!key.crate().empty() && key.crate() != package.name)) continue;
        ScriptRun ran = co_await build.get(RunScript(graph, i));
        for (const facts::Fact& fact : ran.facts) {
            const bool seen = fact.visibility == facts::Visibility::Transitive ||
                              (fact.visibility == facts::Visibility::Direct && own.count(i) != 0);
            if (fact.is(key.name()) && seen)
                CO_TRY_VOID(crate_detail::add_fact(found, fact, ran, package.channel_place));
        }
    }
    co_return found;
}

BuildWorkspace::BuildWorkspace(CrateRequest request)
    : request_(std::make_shared<const CrateRequest>(std::move(request))), text_(crate_detail::identity_of(*request_)) {}

SettleOutputs::SettleOutputs(std::vector<CrateRequest> requests)
    : requests_(std::make_shared<const std::vector<CrateRequest>>(std::move(requests))) {
    for (const CrateRequest& request : *requests_) text_ += crate_detail::identity_of(request).substr(0, 16);
}

namespace crate_detail {

struct Writer {
    Digest digest;
    std::string features;  // of the crate whose script wrote it
};

// Notes what one run wrote; an error when an earlier one wrote other bytes to the same path.
Status note_outputs(std::map<std::string, Writer>& written, const Unit& unit, const ScriptRun& ran,
                    const Where& place) {
    Writer writer;
    writer.features = unit.features.empty() ? "none" : join(unit.features, ", ");
    for (const exec::Input& output : ran.tree_outputs) {
        writer.digest = output.digest;
        auto [known, added] = written.emplace(output.path, writer);
        if (added || known->second.digest == output.digest) continue;
        return project_error(cat("the build script of ", unit.package->name, " writes two versions of ", output.path),
                             "give the targets that use the crate the same `selection`")
            .at(place)
            .note(cat("once with the features ", known->second.features, ", once with ", writer.features));
    }
    return {};
}

}  // namespace crate_detail

engine::Task<bool> run(engine::Build build, SettleOutputs key) {
    std::map<std::string, crate_detail::Writer> written;
    for (const CrateRequest& one : key.requests()) {
        auto request = std::make_shared<const CrateRequest>(one);
        SharedGraph graph = co_await build.get(ResolveGraph(request, crate_detail::identity_of(*request)));
        for (std::size_t i = 0; i < graph->units.units.size(); ++i) {
            const Unit& unit = graph->units.units[i];
            if (!unit.is_run() || !unit.is_local) continue;
            const CrateRule* rule = graph->settings->rule_for(*unit.package);
            if (rule == nullptr || rule->outputs.empty()) continue;
            ScriptRun ran = co_await build.get(RunScript(graph, i));
            CO_TRY_VOID(crate_detail::note_outputs(written, unit, ran, rule->place));
        }
    }
    co_return true;
}

}  // namespace cermet::rust

// ResolvedGraph: one crate request taken through the model: workspace, lock, features, units, and where each lies.
// SPDX-License-Identifier: MIT
// A key whose value is shared and immutable; CompileUnit and RunScript name units of it by index.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/build.h"
#include "exec/queries.h"
#include "facts/fact.h"
#include "languages/rust/rules/channel_table.h"
#include "languages/rust/rules/exports.h"
#include "languages/rust/rust.h"

namespace cermet::rust {

struct PackagePlace {
    std::string directory;  // canonical
    Digest tree;            // of immutable packages
    bool immutable = false;
};

// Programs that are called in place of rustc, with rustc's path as their first argument.
struct Wrappers {
    exec::Program every;    // RUSTC_WRAPPER
    exec::Program members;  // RUSTC_WORKSPACE_WRAPPER
    std::vector<exec::Program> all() const;
    bool operator==(const Wrappers&) const = default;
};
// By the names that cargo's configuration gives; "" = none.
class FindWrappers {
   public:
    using Value = Wrappers;
    static constexpr std::string_view k_name = "rustc-wrappers";
    FindWrappers(std::string every, std::string members) : every_(std::move(every)), members_(std::move(members)) {}
    std::string text() const { return cat(every_, "\n", members_); }
    std::string describe() const { return "looking for rustc's wrappers"; }
    const std::string& every() const { return every_; }
    const std::string& members() const { return members_; }

   private:
    std::string every_;
    std::string members_;
};
engine::Task<Wrappers> run(engine::Build build, FindWrappers key);
enum class Wrap { Every, Member };
// Source: cargo book "Configuration", build.rustc-wrapper.
void wrap(exec::Action& action, const Wrappers& wrappers, Wrap which);

// Programs that are named in place of those found by their usual names -> hex digests: linkers by the configuration, and
// what scripts start by the user's variables.
struct NamedPrograms {
    std::map<std::string, std::string> linkers;
    std::map<std::string, std::string> of_scripts;
    bool operator==(const NamedPrograms&) const = default;
};
// What is not there is left out: who needs it says so.
class FindNamedPrograms {
   public:
    using Value = NamedPrograms;
    static constexpr std::string_view k_name = "named-programs";
    FindNamedPrograms(std::vector<std::string> linkers, std::vector<std::string> variables)
        : linkers_(std::move(linkers)), variables_(std::move(variables)) {}
    std::string text() const;
    const std::vector<std::string>& linkers() const { return linkers_; }
    const std::vector<std::string>& variables() const { return variables_; }

   private:
    std::vector<std::string> linkers_;
    std::vector<std::string> variables_;
};
engine::Task<NamedPrograms> run(engine::Build build, FindNamedPrograms key);

// What is known of building for --target, beside rustc's own answers in BuildRequest::target.
struct CrossTools {
    std::string standard_library;  // its digest; "" = there is no --target
    c::CrossRecord record;         // with what the environment says
    c::Toolchain c, cxx;           // no command: scripts find their own, as under cargo
    bool operator==(const CrossTools& o) const { return c == o.c && cxx == o.cxx && record.text() == o.record.text(); }
};

struct ResolvedGraph {
    Workspace workspace;
    CargoConfig config;
    BuildRequest request;
    UnitGraph units;
    Layout layout;
    RustToolchain toolchain;
    Wrappers wrappers;
    c::Toolchain linker;
    NamedPrograms named;
    CrossTools cross;
    SharedSettings settings;
    std::map<std::string, PackagePlace> places;  // by package id text
    std::string metadata;                        // `cargo metadata` as JSON text: what $CARGO answers local scripts
    std::string cargo_program;                   // canonical path of this program under the name cargo
    std::string root_source;                     // of a merged library: its generated root crate
    RootLink root_link;
    std::map<std::size_t, ChannelTable> channels;  // of the scripts that talk, by the unit that runs them
    std::string identity;                          // of the request, for keys
    std::string fetch_manifest;  // real: what `cargo fetch` is given; another than the workspace's own when its lock is
    std::string python_config;   // canonical path of PYO3_CONFIG_FILE, "" = none
    std::vector<exec::Input> python_inputs;
};
using SharedGraph = std::shared_ptr<const ResolvedGraph>;

// Whether something is built for another machine than this one.
bool is_cross(const ResolvedGraph& graph);
// Of the build's two machines the one that a unit is for.
platform::Machine machine_of(const ResolvedGraph& graph, const Unit& unit);

class ResolveGraph {
   public:
    using Value = SharedGraph;
    static constexpr std::string_view k_name = "crate-graph";
    explicit ResolveGraph(std::shared_ptr<const CrateRequest> request, std::string text)
        : request_(std::move(request)), text_(std::move(text)) {}
    std::string text() const { return text_; }
    std::string describe() const { return {}; }
    const CrateRequest& request() const { return *request_; }

   private:
    std::shared_ptr<const CrateRequest> request_;
    std::string text_;
};
engine::Task<SharedGraph> run(engine::Build build, ResolveGraph key);

// What tells one request from another, for the keys that resolve it.
std::string request_identity(const CrateRequest& request);

// One rustc call. Early: the metadata; finally: every artefact.
class CompileUnit {
   public:
    using Value = exec::Outcome;
    using Early = exec::EarlyOutcome;
    static constexpr std::string_view k_name = "rustc";
    CompileUnit(SharedGraph graph, std::size_t unit);
    std::string text() const { return text_; }
    std::string describe() const;
    engine::Drawn drawn() const;
    const SharedGraph& graph() const { return graph_; }
    std::size_t unit() const { return unit_; }

   private:
    SharedGraph graph_;
    std::size_t unit_;
    std::string text_;
};
engine::Task<exec::Outcome> run(engine::Build build, CompileUnit key);

struct ScriptRun {
    ScriptOutput output;
    exec::Outcome outcome;                  // files of OUT_DIR and declared in-tree files
    std::vector<exec::Input> tree_outputs;  // the declared ones
    std::vector<facts::Fact> facts;         // what it provided over its channel: part of the outcome
    std::vector<exec::Input> headers;       // of its files those that it calls so over its channel: likewise
    std::vector<exec::Input> given;         // files of the library that stands in for it
    bool operator==(const ScriptRun& o) const {
        return output.to_json() == o.output.to_json() && outcome == o.outcome && tree_outputs == o.tree_outputs &&
               given == o.given;
    }
};

class RunScript {
   public:
    using Value = ScriptRun;
    static constexpr std::string_view k_name = "build-script";
    RunScript(SharedGraph graph, std::size_t unit);
    std::string text() const { return text_; }
    std::string describe() const;
    engine::Drawn drawn() const;
    const SharedGraph& graph() const { return graph_; }
    std::size_t unit() const { return unit_; }

   private:
    SharedGraph graph_;
    std::size_t unit_;
    std::string text_;
};
engine::Task<ScriptRun> run(engine::Build build, RunScript key);

// Every non-ignored file of a workspace package; `rust_sources`: with or without .rs files (rustc reports those).
enum class RustSources { Without, With };
std::vector<std::string> package_files(SourceFiles& files, const std::string& directory, RustSources sources);

// Build scripts read variables by names nobody declared; these are the ones that helpers of cc, pkg-config and cmake
// read, so they are part of every script's key.
std::vector<std::string> script_variables(const ResolvedGraph& graph);

// --remap-path-prefix for every place, broad ones first: rustc tries the last one first.
std::vector<std::string> remap_flags(const ResolvedGraph& graph);

}  // namespace cermet::rust

// Rust: crates built by driving rustc directly, as keys: modules, merged libraries and programs.
// SPDX-License-Identifier: MIT
//
// The public header of the room for other rooms: what a table of the configuration asks for, and what it gets. The model
// behind it (manifests to unit graph) is model.h; the rules that turn units into actions are in rules/.
// cargo is only needed to fetch what is missing and to resolve a missing lock. Paths are canonical.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/text.h"
#include "engine/build.h"
#include "exec/action.h"
#include "exec/run.h"
#include "exec/steps.h"
#include "talk/told.h"
#include "languages/c/c.h"
#include "languages/rust/model.h"
#include "talk/talk.h"

namespace cermet::rust {

// A rule for one crate, said outside of it ([tool.cermet.crates.NAME]).
struct CrateRule {
    std::string crate;     // package name
    std::string versions;  // a requirement as in Cargo.toml, "<1.1"; "" = any
    std::map<std::string, std::string> env;
    std::vector<std::string> pass_env;
    std::vector<std::string> tools;    // programs its script runs
    std::vector<std::string> uses;     // "sys:openssl", …: what else it reads
    std::vector<std::string> headers;  // globs below OUT_DIR
    std::vector<std::string> features;
    std::vector<std::string> inputs;   // canonical globs its script reads outside its package
    std::vector<std::string> outputs;  // canonical files its script writes outside OUT_DIR
    bool deny_run = false;
    std::map<std::string, std::vector<std::string>> provides;
    std::string library;                         // "library:z": a fact of the project that stands in for the script
    std::map<std::string, std::string> options;  // values for what its script asks over its channel
    bool network = false;                        // its script may use it
    bool for_users = false;  // what it gives its script is given to all scripts that the crate is linked into
    bool canonical_paths = false;
    std::string said_by;  // only by a value from outside, which this names: a crate of that name must be there
    Where place;
    bool operator==(const CrateRule& o) const {
        return crate == o.crate && versions == o.versions && env == o.env && pass_env == o.pass_env &&
               features == o.features && inputs == o.inputs && outputs == o.outputs && deny_run == o.deny_run &&
               provides == o.provides && library == o.library && options == o.options && tools == o.tools &&
               uses == o.uses && headers == o.headers && network == o.network && for_users == o.for_users &&
               canonical_paths == o.canonical_paths;
    }
};

// What build scripts are told of Python, as one file at a stable place (PYO3_CONFIG_FILE).
struct PythonFacts {
    std::string pyo3_config;  // text of the file; "" = no Python
    bool embeds = false;      // for a program, which links libpython; an extension module must not
};

struct CrateSettings {
    std::vector<CrateRule> rules;  // the first that fits a package counts
    PythonFacts python;
    std::string lock_file;   // canonical; "" = the workspace's own
    std::string target;      // triple; "" = none is said, and everything is for this machine
    c::CrossRecord cross;    // of the target, where the project says how it is built for: its triple is set then
    bool for_build = false;  // of a program that a cross build itself runs
    bool locked = false;
    bool offline = false;
    bool frozen = false;
    const CrateRule* rule_for(const Package& package) const;  // null: there is none
    const CrateRule* rule_for(const std::string& name, const Version& version) const;
    std::vector<std::string> crates_outputs() const;  // every rule's outputs
};
using SharedSettings = std::shared_ptr<const CrateSettings>;

enum class CrateUse { Module, Merged, Shared, Program, Workspace };

// One table of those that resolve their features together.
struct SelectedCrates {
    std::vector<std::string> crates;  // as in CrateRequest
    std::vector<std::string> features;
    bool default_features = true;
    bool all_features = false;
};

struct CrateRequest {
    CrateUse use = CrateUse::Module;
    std::string name;                 // of the artefact: "rustybt._rustybt", "core"
    std::vector<std::string> crates;  // package names, or canonical directories that hold a Cargo.toml
    std::string manifest_path;        // canonical Cargo.toml of the workspace; "" = found from the directories
    std::string search_directory;     // canonical: where package names are looked for without manifest_path
    std::vector<std::string> features;
    bool default_features = true;
    bool all_features = false;
    std::string profile = "release";
    std::string bin;                        // Program
    std::vector<std::string> exports;       // Module, Shared: only these, names or patterns; empty: as rustc does
    std::string soname;                     // Shared
    std::vector<SelectedCrates> selection;  // with this request's own crates, in the same order in each; empty: alone
    Selection packages;                     // Workspace: what a command line like cargo's says
    std::string
        config_directory;  // canonical or real: cargo's configuration is looked for from here upwards; "" = from
                           // the manifest
    std::vector<std::string> config_overrides;  // as cargo's --config takes them
    std::string overrides_said_by;              // where they are said, for errors; "" = --config itself
    std::string overrides_directory;            // what paths in them are relative to; "" = config_directory
    SharedSettings settings;
    Where place;  // of the table
};

struct CrateArtifact {
    exec::Input file;  // the cdylib, archive or program
    std::string file_name;
    std::vector<std::string> link_flags;  // what linking an archive needs besides: -lm, -L…
    std::vector<exec::Input> inputs;      // declared outputs of build scripts (headers, pxd), in the tree
    std::vector<exec::Input> archives;    // native static libraries that the archive does not hold
    std::map<std::string, std::vector<std::string>> features;  // of every package in the graph
    bool operator==(const CrateArtifact&) const = default;
};

class BuildCrate {
   public:
    using Value = CrateArtifact;
    static constexpr std::string_view k_name = "crate";
    explicit BuildCrate(CrateRequest request);
    std::string text() const { return text_; }
    std::string describe() const;
    const CrateRequest& request() const { return *request_; }

   private:
    std::shared_ptr<const CrateRequest> request_;
    std::string text_;
};
engine::Task<CrateArtifact> run(engine::Build build, BuildCrate key);

// Whether a build script that the request reaches looks for a Python.
class LooksForPython {
   public:
    using Value = bool;
    static constexpr std::string_view k_name = "crate-looks-for-python";
    explicit LooksForPython(CrateRequest request);
    std::string text() const { return text_; }
    std::string describe() const { return {}; }
    const std::shared_ptr<const CrateRequest>& request() const { return request_; }

   private:
    std::shared_ptr<const CrateRequest> request_;
    std::string text_;
};
engine::Task<bool> run(engine::Build build, LooksForPython key);

// Files that build scripts of the request's crates declare to fetch (docs/protocol.md).
class DeclaredDownloads {
   public:
    using Value = std::vector<fetch::PinnedFile>;
    static constexpr std::string_view k_name = "declared-downloads";
    explicit DeclaredDownloads(CrateRequest request);
    std::string text() const { return text_; }
    const std::shared_ptr<const CrateRequest>& request() const { return request_; }

   private:
    std::shared_ptr<const CrateRequest> request_;
    std::string text_;
};
engine::Task<std::vector<fetch::PinnedFile>> run(engine::Build build, DeclaredDownloads key);

// What a build script that the request reaches provides for others (docs/protocol.md): `fact` is absent when none does. It
// is seen when it is transitive, or when one of the request's own crates provides it for direct users. Two scripts that
// provide different things under one name are a Project error that names both.
class FindFact {
   public:
    using Value = talk::ProvidedFact;
    static constexpr std::string_view k_name = "crate-fact";
    // `crate`: only the script of this one counts; "" = any.
    FindFact(CrateRequest request, facts::FactName name, std::string crate = {});
    std::string text() const { return text_; }
    std::string describe() const { return cat("looking for ", name_.kind, ":", name_.name); }
    const std::shared_ptr<const CrateRequest>& request() const { return request_; }
    const facts::FactName& name() const { return name_; }
    const std::string& crate() const { return crate_; }
    const std::string& identity() const { return identity_; }

   private:
    std::shared_ptr<const CrateRequest> request_;
    facts::FactName name_;
    std::string crate_;
    std::string identity_;  // of the request
    std::string text_;
};
engine::Task<talk::ProvidedFact> run(engine::Build build, FindFact key);

// Of a finished build: what scripts provided over their channel, who asked for it, and the metadata that cargo hands from
// a package with `links` to the scripts of its direct dependants.
std::vector<talk::Told> told_facts(const engine::Graph& graph);
// Scripts that talked: steps that are no exec::Run.
std::vector<exec::SeenStep> talking_steps(const engine::Graph& graph);

// What a build script has rustc link: read before that happens, by the room that knows native files, which defines run().
// A file that cannot work is a Project error with both records; what is found outside of this build's outputs are inputs.
struct ScriptLibraries {
    std::string crate;                   // "foo-sys v1.0.0"
    std::string manifest;                // canonical
    std::vector<std::string> search;     // as printed: "native=/cermet/ws/vendor"
    std::vector<std::string> libraries;  // "static=foo"
    c::Toolchain linker;                 // of the machine that the crate is for; no command: only its target is known
};
class CheckScriptLibraries {
   public:
    using Value = std::vector<exec::Input>;
    static constexpr std::string_view k_name = "check-script-libraries";
    explicit CheckScriptLibraries(ScriptLibraries what)
        : what_(std::make_shared<const ScriptLibraries>(std::move(what))) {}
    std::string text() const {
        return cat(what_->manifest, "\n", join(what_->search, "\n"), "\n", join(what_->libraries, "\n"), "\n",
                   what_->linker.target.rust(), what_->linker.digest);
    }
    std::string describe() const {
        return cat("reading the libraries that the build script of ", what_->crate, " names");
    }
    const ScriptLibraries& what() const { return *what_; }

   private:
    std::shared_ptr<const ScriptLibraries> what_;
};
engine::Task<std::vector<exec::Input>> run(engine::Build build, CheckScriptLibraries key);

// What a plain workspace is built for: one file of one target.
struct WorkspaceArtifact {
    std::string package;
    exec::Input file;
    std::string delivered;  // below the profile's directory: "hello", "libhello.rlib", "examples/demo"
    bool operator==(const WorkspaceArtifact&) const = default;
};
struct WorkspaceArtifacts {
    std::vector<WorkspaceArtifact> files;
    std::string directory;  // of the profile, below the target directory: "debug", "x86_64-unknown-linux-gnu/release"
    bool operator==(const WorkspaceArtifacts&) const = default;
};

// Libraries, programs and examples of a workspace's packages, as `cargo build` selects them. The request's `packages`
// says which, its `use` is Workspace.
class BuildWorkspace {
   public:
    using Value = WorkspaceArtifacts;
    static constexpr std::string_view k_name = "crate-workspace";
    explicit BuildWorkspace(CrateRequest request);
    std::string text() const { return text_; }
    std::string describe() const { return {}; }
    engine::Drawn drawn() const { return {"workspace", request_->name, request_->name}; }
    const std::shared_ptr<const CrateRequest>& request() const { return request_; }

   private:
    std::shared_ptr<const CrateRequest> request_;
    std::string text_;
};
engine::Task<WorkspaceArtifacts> run(engine::Build build, BuildWorkspace key);

// A canonical directory and all above it: inside the checkout by their canonical names, then the real ones above it.
// `checkout`: real. A directory outside of it names itself.
std::vector<std::string> with_parents(const std::string& directory, const std::string& checkout);

// The variables of the user's environment that cargo's configuration is made of: NAME or HEAD*.
std::vector<std::string> cargo_variables();

// Runs every build script with declared outputs in the tree that these requests reach: who reads such a file waits for
// all of its writers. Two scripts that write the same path must write the same bytes: a Project error names both.
class SettleOutputs {
   public:
    using Value = bool;
    static constexpr std::string_view k_name = "crate-outputs";
    explicit SettleOutputs(std::vector<CrateRequest> requests);
    std::string text() const { return text_; }
    std::string describe() const { return "waiting for the files that build scripts write into the tree"; }
    const std::vector<CrateRequest>& requests() const { return *requests_; }

   private:
    std::shared_ptr<const std::vector<CrateRequest>> requests_;
    std::string text_;
};
engine::Task<bool> run(engine::Build build, SettleOutputs key);

// What `cermet toolchain` shows of rustc.
struct RustToolchain {
    std::string rustc;    // canonical: /cermet/tool/rust-1a2b3c4d/bin/rustc
    std::string sysroot;  // canonical
    std::string version;  // "1.95.0"
    std::string verbose;  // rustc -vV
    std::string host;     // triple
    std::string digest;   // hex: rustc, librustc_driver, the target's libraries
    bool operator==(const RustToolchain& o) const { return digest == o.digest && rustc == o.rustc; }
};
class FindRust {
   public:
    using Value = RustToolchain;
    static constexpr std::string_view k_name = "rust-toolchain";
    // `configured`: build.rustc of cargo's configuration; the variable RUSTC goes before it.
    explicit FindRust(std::string directory, std::string configured = {})
        : directory_(std::move(directory)), configured_(std::move(configured)) {}
    std::string text() const { return cat(directory_, "\n", configured_); }
    std::string describe() const { return "looking for rustc"; }
    const std::string& directory() const { return directory_; }  // canonical: rust-toolchain.toml counts from here
    const std::string& configured() const { return configured_; }

   private:
    std::string directory_;
    std::string configured_;
};
engine::Task<RustToolchain> run(engine::Build build, FindRust key);

// The standard library of a target, as the digest of its files: an Environment error where it is not installed.
class FindRustTarget {
   public:
    using Value = std::string;
    static constexpr std::string_view k_name = "rust-standard-library";
    FindRustTarget(RustToolchain rust, std::string triple) : rust_(std::move(rust)), triple_(std::move(triple)) {}
    std::string text() const { return cat(rust_.digest, " ", triple_); }
    std::string describe() const { return cat("looking for the standard library of ", triple_); }
    const RustToolchain& rust() const { return rust_; }
    const std::string& triple() const { return triple_; }

   private:
    RustToolchain rust_;
    std::string triple_;
};
engine::Task<std::string> run(engine::Build build, FindRustTarget key);

}  // namespace cermet::rust

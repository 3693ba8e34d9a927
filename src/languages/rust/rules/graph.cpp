// From a crate request to a resolved unit graph: finding sources, fetching what is missing, unpacking, resolving.
// SPDX-License-Identifier: MIT
#include "languages/rust/rules/graph.h"

#include <set>

#include "base/bytes.h"
#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "exec/executor.h"
#include "exec/places.h"
#include "exec/queries.h"
#include "fetch/fetch_download.h"
#include "fetch/ledger.h"
#include "fetch/network.h"
#include "languages/rust/rules/download.h"
#include "languages/rust/rules/lock.h"
#include "languages/rust/rules/needed_sources.h"
#include "platform/triple.h"

namespace cermet::rust {
namespace graph_detail {

std::string manifest_of(SourceFiles& files, const CrateRequest& request) {
    if (!request.manifest_path.empty()) return request.manifest_path;
    for (const std::string& crate : request.crates) {
        if (is_absolute(crate)) {
            return extension(crate) == ".toml" ? crate : join_path(crate, "Cargo.toml");
        }
    }
    std::string own = join_path(request.search_directory, "Cargo.toml");
    if (files.kind(own) == SourceKind::File) return own;
    return join_path(request.search_directory, "rust/Cargo.toml");
}

// Directories become package names, once the workspace is known.
Result<std::vector<std::string>> crate_names(const std::vector<std::string>& crates, const Where& place,
                                             const Workspace& workspace) {
    std::vector<std::string> names;
    std::vector<std::string> known;
    const std::vector<PackagePtr> packages = workspace.local_packages();
    for (const PackagePtr& package : packages) known.push_back(package->name);
    for (const std::string& crate : crates) {
        const Package* found = nullptr;
        std::string directory = extension(crate) == ".toml" ? std::string(parent(crate)) : crate;
        for (const PackagePtr& package : packages) {
            if (package->directory == directory || package->name == crate) found = package.get();
        }
        if (found == nullptr) {
            std::string near = nearest(file_name(crate), known);
            return project_error(
                       cat("no crate ", crate, " in the workspace ", workspace.root_manifest),
                       near.empty() ? cat("its crates: ", join(known, ", ")) : cat("did you mean ", near, "?"))
                .at(place);
        }
        names.push_back(found->name);
    }
    return names;
}

// What decides the features: the request's own crates, or all of the tables that share its selection. It must be the
// same for each of those, or a crate that two of them reach would be built twice.
Result<Selection> selected_features(const CrateRequest& request, const std::vector<std::string>& names,
                                    const Workspace& workspace) {
    Selection selection;
    std::vector<SelectedCrates> tables = request.selection;
    if (tables.empty()) tables = {{names, request.features, request.default_features, request.all_features}};
    std::map<std::string, Selection::PackageFeatures> flags;
    for (const SelectedCrates& table : tables) {
        TRY(packages, crate_names(table.crates, request.place, workspace));
        for (const std::string& package : packages) {
            auto [entry, added] = flags.emplace(package, Selection::PackageFeatures());
            entry->second.default_features = table.default_features || (!added && entry->second.default_features);
            entry->second.all_features = entry->second.all_features || table.all_features;
        }
        add_all_once(selection.packages, packages);
        add_all_once(selection.features, table.features);
    }
    for (const auto& [name, own] : flags) selection.package_features[name] = own;
    return selection;
}

// What rules add, of every package of the lock.
void add_features(const CrateSettings& settings, const Lockfile& lock, Selection& selection) {
    for (const LockedPackage& package : lock.packages) {
        const std::optional<Version> version = parse_version(package.version);
        const CrateRule* rule = version ? settings.rule_for(package.name, *version) : nullptr;
        if (rule != nullptr && !rule->features.empty())
            selection.added_features.emplace(cat(package.name, " ", package.version), rule->features);
    }
}

// The binary that is meant: the one that is named, the one called like the table, or the only one.
Result<std::string> binary_of(const CrateRequest& request, const std::string& package, const Workspace& workspace) {
    std::vector<std::string> names;
    for (const PackagePtr& one : workspace.local_packages()) {
        if (one->name != package || !names.empty()) continue;
        for (const Target& target : one->targets) {
            if (target.is_bin()) names.push_back(target.name);
        }
    }
    std::string wanted = request.bin.empty() ? request.name : request.bin;
    if (contains(names, wanted)) return wanted;
    if (request.bin.empty() && names.size() == 1) return names[0];
    std::string message = names.empty() ? cat("the crate ", package, " has no binary")
                          : request.bin.empty()
                              ? cat("the crate ", package, " has several binaries, and none is called ", wanted)
                              : cat("the crate ", package, " has no binary called ", wanted);
    std::string hint = names.empty() ? std::string("a program needs src/main.rs, or a [[bin]] in Cargo.toml")
                                     : cat("say which with `bin`: ", join(names, ", "));
    return project_error(message, hint).at(request.place);
}

Result<Selection> asked_selection(const CrateRequest& request, const std::vector<std::string>& names,
                                  const std::string& root_source, const Workspace& workspace) {
    if (request.use == CrateUse::Workspace) return request.packages;
    TRY(selection, selected_features(request, names, workspace));
    if (request.use == CrateUse::Merged || request.use == CrateUse::Shared) {
        Selection::Merged merged;
        merged.name = replace_all(replace_all(request.name, "-", "_"), ".", "_");
        merged.source = root_source;
        merged.packages = names;
        merged.crate_type = request.use == CrateUse::Merged ? "staticlib" : "cdylib";
        selection.merged.push_back(merged);
        return std::move(selection);
    }
    Selection::Root root;
    root.package = names[0];
    root.kind = request.use == CrateUse::Program ? TargetKind::Bin : TargetKind::Lib;
    if (request.use == CrateUse::Program) {
        TRY(binary, binary_of(request, names[0], workspace));
        root.name = binary;
    }
    if (request.use == CrateUse::Module) root.crate_types = {"cdylib"};
    selection.roots.push_back(root);
    // The libraries below are wanted for this root only, and are the same units that a merged library links.
    selection.narrow_dependencies = true;
    return std::move(selection);
}

Result<Selection> selection_of(const CrateRequest& request, const std::vector<std::string>& names,
                               const std::string& root_source, const Workspace& workspace) {
    TRY(selection, asked_selection(request, names, root_source, workspace));
    add_features(*request.settings, *workspace.lock, selection);
    return std::move(selection);
}

exec::Action target_action(const ResolvedGraph& graph, const std::vector<std::string>& flags,
                           const std::string& triple) {
    const RustToolchain& rust = graph.toolchain;
    exec::Action action;
    ByteWriter identity;
    for (const std::string& flag : flags) identity.string(flag);
    identity.string(triple);
    for (const exec::Program& program : graph.wrappers.all()) identity.string(program.path);
    action.label = cat("probe-target-", digest_of(identity.bytes()).short_hex(8));
    action.description = "probe rustc's target";
    action.argv = target_probe_words(flags, triple);
    action.argv.insert(action.argv.begin(), rust.rustc);
    action.cwd = "/";
    action.platform["rust"] = rust.digest;
    // Flags may be such that a stable rustc takes them only with it, and it lets more be known of the target.
    auto bootstrap = graph.config.environment.find("RUSTC_BOOTSTRAP");
    if (bootstrap != graph.config.environment.end()) action.env.insert(*bootstrap);
    wrap(action, graph.wrappers, Wrap::Member);
    return action;
}

std::string root_crate(const std::vector<std::string>& crate_names_list) {
    std::string text = "// The root of a merged library: every crate is linked once.\n";
    for (const std::string& name : crate_names_list) text += cat("pub extern crate ", name, ";\n");
    return text;
}

// Cargo looks up to the root of the file system, so above the checkout too.
ConfigRequest config_request(const exec::Executor& executor, const std::string& directory,
                             const std::string& cargo_home, std::map<std::string, std::string> environment) {
    ConfigRequest wanted;
    wanted.directories = with_parents(directory, executor.options().checkout);
    wanted.cargo_home = cargo_home;
    wanted.cwd = directory;
    wanted.environment = std::move(environment);
    return wanted;
}

Layout layout_of(const ResolvedGraph& graph, const std::string& cargo) {
    Layout layout;
    for (const Unit& unit : graph.units.units) {
        std::string directory = cat(exec::k_out, "/", unit.label);
        layout.out.push_back(unit.is_run() ? directory + "/out" : directory);
    }
    layout.rustc = graph.toolchain.rustc;
    layout.rustdoc = join_path(graph.toolchain.sysroot, "bin/rustdoc");
    layout.cargo = cargo;
    layout.sysroot_libdir = join_path(graph.toolchain.sysroot, "lib/rustlib/" + graph.toolchain.host + "/lib");
    layout.jobs = 1;  // NUM_JOBS must not change what a script does; parallelism comes through the jobserver
    return layout;
}

// Of what this program answers as $CARGO: counted up when the same metadata file gets another answer.
constexpr int k_cargo_revision = 1;

}  // namespace graph_detail

bool is_cross(const ResolvedGraph& graph) {
    return graph.request.target && graph.request.target->triple != graph.toolchain.host;
}

platform::Machine machine_of(const ResolvedGraph& graph, const Unit& unit) {
    const bool for_build =
        graph.settings->for_build || (is_cross(graph) && unit.platform != graph.request.target->triple);
    return for_build ? platform::Machine::Build : platform::Machine::Target;
}

std::vector<std::string> cargo_variables() {
    return {"RUSTFLAGS",         "CARGO_ENCODED_RUSTFLAGS", "RUSTC",
            "RUSTC_BOOTSTRAP",   "RUSTC_WRAPPER",           "RUSTC_WORKSPACE_WRAPPER",
            "CARGO_NET_OFFLINE", "CARGO_PROFILE_*",         "CARGO_TARGET_*",
            "CARGO_BUILD_*",     "CARGO_SOURCE_*",          "CARGO_REGISTRIES_*"};
}

// What cargo reads of the user's environment besides CARGO_HOME: only names that change what is built.
class CargoEnvironment {
   public:
    using Value = std::map<std::string, std::string>;
    static constexpr std::string_view k_name = "cargo-environment";
    std::string text() const { return {}; }
};

engine::Task<std::map<std::string, std::string>> run(engine::Build build, CargoEnvironment) {
    exec::Executor& executor = build.service<exec::Executor>();
    std::map<std::string, std::string> found;
    for (const std::string& name : executor.user_variables(cargo_variables())) {
        std::string value = co_await build.get(exec::UserEnvironment(name));
        found[name] = value;
    }
    co_return found;
}

class CargoHome {
   public:
    using Value = std::string;
    static constexpr std::string_view k_name = "cargo-home";
    std::string text() const { return {}; }
};

engine::Task<std::string> run(engine::Build build, CargoHome) {
    std::string home = co_await build.get(exec::UserEnvironment("CARGO_HOME"));
    if (!home.empty()) co_return home;
    std::string user = co_await build.get(exec::UserEnvironment("HOME"));
    co_return user.empty() ? std::string() : join_path(user, ".cargo");
}

// The target as rustc describes it with the flags that apply: asked twice where cfg(…) tables bring other flags.
class ProbeTarget {
   public:
    using Value = std::shared_ptr<const TargetInfo>;
    static constexpr std::string_view k_name = "rust-target";
    // `triple`: of --target; "" = the host.
    ProbeTarget(SharedGraph graph, std::string triple) : graph_(std::move(graph)), triple_(std::move(triple)) {}
    std::string text() const { return cat(graph_->identity, " ", triple_); }
    std::string describe() const { return "asking rustc about the target"; }
    const ResolvedGraph& graph() const { return *graph_; }
    const std::string& triple() const { return triple_; }

   private:
    SharedGraph graph_;  // as far as it is known: configuration and tools
    std::string triple_;
};

engine::Task<std::shared_ptr<const TargetInfo>> run(engine::Build build, ProbeTarget key) {
    const CargoConfig& config = key.graph().config;
    const std::string& triple = key.triple().empty() ? key.graph().toolchain.host : key.triple();
    CO_TRY(flags, rustflags_for(config, triple, {}));
    exec::Action probe = graph_detail::target_action(key.graph(), flags, key.triple());
    exec::Outcome probed = co_await build.get(exec::Run(std::move(probe)));
    std::string printed = co_await build.get(exec::BlobText(probed.stdout_digest));
    CO_TRY(first, parse_target_info(triple, printed));
    TargetInfo target = first;
    CO_TRY(more_flags, rustflags_for(config, triple, target.cfgs));
    if (more_flags != flags) {
        exec::Action second = graph_detail::target_action(key.graph(), more_flags, key.triple());
        exec::Outcome probed_again = co_await build.get(exec::Run(std::move(second)));
        std::string printed_again = co_await build.get(exec::BlobText(probed_again.stdout_digest));
        CO_TRY(again, parse_target_info(triple, printed_again));
        target = again;
    }
    CO_TRY(linker, linker_for(config, triple, target.cfgs));
    target.rustflags = more_flags;
    target.linker = linker;
    co_return std::make_shared<const TargetInfo>(target);
}

// Both compilers of a target; C++ where there is one: only some crates want it.
class FindCompilers {
   public:
    using Value = CrossTools;
    static constexpr std::string_view k_name = "cross-compilers";
    explicit FindCompilers(c::CrossRecord record) : record_(std::move(record)) {}
    std::string text() const { return record_.text(); }
    const c::CrossRecord& record() const { return record_; }

   private:
    c::CrossRecord record_;
};

engine::Task<CrossTools> run(engine::Build build, FindCompilers key) {
    CrossTools tools;
    c::CrossRecord record = co_await build.get(c::FindCrossTools(key.record()));
    tools.record = record;
    c::Toolchain found = co_await build.get(c::FindCrossToolchain(c::Language::C, key.record()));
    tools.c = found;
    Result<c::Toolchain> cxx = co_await build.attempt(c::FindCrossToolchain(c::Language::Cxx, key.record()));
    if (cxx.ok()) tools.cxx = *cxx;
    co_return tools;
}

namespace graph_detail {

// With what its tests and examples need.
Selection whole_workspace() {
    Selection whole;
    whole.workspace = true;
    whole.all_examples = true;
    return whole;
}

// Local scripts may ask $CARGO for the whole workspace.
bool has_local_scripts(const UnitGraph& units) {
    for (const Unit& unit : units.units) {
        if (unit.is_run() && unit.is_local) return true;
    }
    return false;
}

const char* why_offline(const ResolvedGraph& graph) {
    if (graph.settings->offline || graph.settings->frozen) return "the network may not be used";
    return graph.config.offline ? "net.offline of cargo's configuration" : nullptr;
}

// The crates that the selection needs, fetched where they are missing. Where that is forbidden, one error names them all.
Status fetch_sources(engine::Build build, const ResolvedGraph& graph, const FetchPlan& plan, const Selection& selection,
                     std::vector<LocatedSource>& located) {
    exec::Executor& executor = build.service<exec::Executor>();
    ResolveInput input;
    input.host = &graph.request.host;
    if (graph.request.target) input.targets.push_back(&*graph.request.target);
    input.has_dev_units = !selection.examples.empty() || selection.all_examples;
    const char* offline = why_offline(graph);
    if (offline == nullptr) {
        return fetch_needed(executor, build.service<fetch::NetworkHelper>(), plan, selection, input, located);
    }
    TRY(missing, missing_needed(executor, plan, selection, input, located));
    if (missing.empty()) return {};
    for (const std::string& name : missing) build.service<fetch::Downloads>().note_missing(name);
    return fetch::missing_error(missing, offline, "run `cermet fetch`, or build without --offline")
        .at(graph.workspace.lock_path);
}

Status load(exec::Executor& executor, const CrateRequest& request, const std::string& cargo_home,
            std::map<std::string, std::string> environment, ResolvedGraph& graph) {
    SourceFiles& files = executor.files();
    std::string manifest = manifest_of(files, request);
    std::string directory = request.config_directory.empty() ? std::string(parent(manifest)) : request.config_directory;
    ConfigRequest wanted = config_request(executor, directory, cargo_home, std::move(environment));
    wanted.overrides = request.config_overrides;
    wanted.overrides_directory = request.overrides_directory;
    Result<CargoConfig> config = load_config(files, wanted);
    if (!config.ok()) {
        Error error = std::move(config).error();  // what --config says is in no file; [tool.cermet.cargo] is
        return error.where.file.empty() ? std::move(error).at(request.place) : error;
    }
    graph.config = std::move(*config);
    // [env] does not go before a variable of the user's, unless it is forced.
    for (const auto& [name, entry] : graph.config.env) {
        std::optional<std::string> own = executor.user_variable(name);
        if (own) graph.config.environment[name] = *own;
    }
    TRY(workspace, load_workspace(files, manifest, graph.config));
    graph.workspace = workspace;
    return {};
}

// Of the configuration's build.NAME, or the variable that goes before it.
std::string configured_tool(const CargoConfig& config, const std::string& name) {
    auto variable = config.environment.find(upper(replace_all(name, "-", "_")));
    std::string tool =
        variable != config.environment.end() ? variable->second : config.string("build." + name).value_or("");
    return contains(tool, "/") ? join_path(config.cwd, tool) : tool;
}

// A rule that was said from outside is for a crate that is there: nobody would see that it has no effect.
Status check_rules(const ResolvedGraph& graph) {
    std::vector<std::string> known;
    for (const LockedPackage& package : graph.workspace.lock->packages) known.push_back(package.name);
    for (const CrateRule& rule : graph.settings->rules) {
        if (!rule.versions.empty() && !parse_version_req(rule.versions))
            return project_error(cat("`", rule.versions, "` is no requirement on versions of the crate ", rule.crate),
                                 "it is written as in Cargo.toml: \"<1.1\", \">=1.2, <2\"")
                .at(rule.place);
        if (rule.said_by.empty() || contains(known, rule.crate)) continue;
        const std::string near = nearest(rule.crate, known);
        return usage_error(cat(rule.said_by, ": there is no crate called '", rule.crate, "' in Cargo.lock"),
                           near.empty() ? std::string() : cat("did you mean '", near, "'?"));
    }
    return {};
}

// The workspace's own lock, the configured one, or the one that cargo resolves.
Status find_lock(exec::Executor& executor, fetch::NetworkHelper& network, ResolvedGraph& graph) {
    TRY(manifest, rust::find_lock(executor, network, *graph.settings, graph.workspace));
    graph.fetch_manifest = manifest;
    return check_rules(graph);
}

// Library names of the crates that a merged library links, as its generated root names them.
std::vector<std::string> library_names(const Workspace& workspace, const std::vector<std::string>& names) {
    std::vector<std::string> found;
    const std::vector<PackagePtr> packages = workspace.local_packages();
    for (const std::string& name : names) {
        for (const PackagePtr& package : packages) {
            bool wanted = package->name == name && package->library() != nullptr;
            if (wanted) found.push_back(package->library()->crate_name);
        }
    }
    return found;
}

Status resolve_units(PackageGraph& packages, const CrateRequest& request, ResolvedGraph& graph) {
    TRY_VOID(packages.start());
    Result<UnitGraph> units = build_units(packages, graph.request);
    if (!units.ok()) {
        Error error = std::move(units).error();
        if (error.where.file == "--config" && !request.overrides_said_by.empty())
            error.where.file = request.overrides_said_by;
        return error;
    }
    graph.units = std::move(*units);
    for (std::size_t i = 0; i < graph.units.units.size(); ++i) {
        if (!graph.units.units[i].is_run()) continue;
        TRY(channel, channel_table_of(*graph.units.units[i].package));
        if (channel) graph.channels.emplace(i, *channel);
    }
    return {};
}

// What $CARGO answers local scripts; nobody else asks.
Status describe_workspace(PackageGraph& packages, ResolvedGraph& graph) {
    MetadataRequest metadata;
    metadata.host = &graph.request.host;
    metadata.filter_platform = graph.request.target ? &*graph.request.target : &graph.request.host;
    metadata.only_platform = true;
    metadata.selection.added_features = graph.request.selection.added_features;
    metadata.target_directory = std::string(exec::k_out);
    TRY(answer, metadata_json(packages, metadata));
    graph.metadata = answer.dump();
    return {};
}

// The target that is said with --target or build.target; "" = none, which is not the same as the host's.
std::string wanted_target(const CrateRequest& request, const CargoConfig& config) {
    if (!request.settings->target.empty() || request.use != CrateUse::Workspace) return request.settings->target;
    return config.build_target;
}

// A compiler that no configuration of cargo's names links for another machine too: rustc would take this one's.
void take_linker(TargetInfo& target, const c::Toolchain& compiler) {
    if (!target.linker.empty() || compiler.command.empty()) return;
    target.linker = compiler.command[0];
    for (std::size_t i = 1; i < compiler.command.size(); ++i) {
        target.rustflags.push_back("-Clink-arg=" + compiler.command[i]);
    }
}

bool merges(const CrateRequest& request) { return request.use == CrateUse::Merged || request.use == CrateUse::Shared; }

// Cargo refuses before anything is compiled (cargo book, "The rust-version field").
Status check_rust_version(const ResolvedGraph& graph) {
    std::optional<Version> own = parse_version(graph.toolchain.version);
    if (!own) return {};
    own->pre.clear();  // a nightly 1.90 counts as 1.90
    for (const Unit& unit : graph.units.units) {
        if (!unit.package) continue;
        std::optional<Version> wanted = parse_rust_version(unit.package->rust_version);
        if (!wanted || compare_versions(*own, *wanted) >= 0) continue;
        return environment_error(cat("rustc ", graph.toolchain.version, " is too old for the crate ",
                                     unit.package->name, ", which needs ", unit.package->rust_version),
                                 "update Rust (`rustup update`), or use an older version of the crate")
            .at(unit.package->manifest_path);
    }
    return {};
}

// A target that the manifest names and whose file is not there. Of build scripts rustc says it.
Status check_sources(SourceFiles& files, const ResolvedGraph& graph) {
    for (const Unit& unit : graph.units.units) {
        if (!unit.package || unit.node == k_generated || !unit.is_local || unit.target.is_custom_build()) continue;
        if (files.kind(unit.target.src_path) == SourceKind::File) continue;
        return project_error(cat("the crate ", unit.package->name, " has no file ", unit.target.src_path),
                             "[lib], [[bin]] and [[example]] say with `path` where their first file is")
            .at(unit.package->manifest_path);
    }
    return {};
}

FindWrappers wrappers_in(const CargoConfig& config) {
    return {configured_tool(config, "rustc-wrapper"), configured_tool(config, "rustc-workspace-wrapper")};
}

// Linkers that the configuration names; the C compiler that is one by itself is known as a toolchain.
std::vector<std::string> named_linkers(const ResolvedGraph& graph) {
    std::set<std::string> found = {linker_of(graph.request.host)};
    if (graph.request.target) found.insert(linker_of(*graph.request.target));
    found.erase("cc");
    return {found.begin(), found.end()};
}

// Variables that name a program for build scripts.
std::vector<std::string> program_variables(const ResolvedGraph& graph) {
    std::vector<std::string> found = script_variables(graph);
    std::erase_if(found, [](const std::string& name) {
        return contains(name, "FLAGS") || contains(name, "PKG_CONFIG_") || contains(name, "OPENSSL_") ||
               contains(name, "_PATH");
    });
    return found;
}

FindNamedPrograms named_programs(const ResolvedGraph& graph) {
    return {named_linkers(graph), program_variables(graph)};
}

}  // namespace graph_detail

// What rustc says of the machine that it runs on, and of the one of --target.
struct Machines {
    TargetInfo host;
    std::optional<TargetInfo> target;
    CrossTools cross;
};

class ProbeMachines {
   public:
    using Value = Machines;
    static constexpr std::string_view k_name = "rust-machines";
    // `triple`: of --target; "" = there is none, which is not the same as the host's.
    ProbeMachines(SharedGraph graph, std::string triple) : graph_(std::move(graph)), triple_(std::move(triple)) {}
    std::string text() const { return cat(graph_->identity, " ", triple_); }
    std::string describe() const { return "asking rustc about the machines"; }
    const SharedGraph& graph() const { return graph_; }
    const std::string& triple() const { return triple_; }

   private:
    SharedGraph graph_;
    std::string triple_;
};

engine::Task<Machines> run(engine::Build build, ProbeMachines key) {
    const SharedGraph& graph = key.graph();
    Machines found;
    std::string triple;
    std::shared_ptr<const TargetInfo> host = co_await build.get(ProbeTarget(graph, triple));
    found.host = *host;
    if (key.triple().empty()) co_return found;
    triple = key.triple() == platform::k_host_tuple ? graph->toolchain.host : key.triple();
    std::string library = co_await build.get(FindRustTarget(graph->toolchain, triple));
    std::shared_ptr<const TargetInfo> target = co_await build.get(ProbeTarget(graph, triple));
    found.target = *target;
    found.host.rustflags.clear();  // with --target they are not for what the build itself runs
    const c::CrossRecord& record = graph->settings->cross;
    if (!record.target.arch.empty() && triple != graph->toolchain.host) {
        CrossTools tools = co_await build.get(FindCompilers(record));
        found.cross = tools;
        graph_detail::take_linker(*found.target, tools.c);
    }
    found.cross.standard_library = library;
    co_return found;
}

engine::Task<SharedGraph> run(engine::Build build, ResolveGraph key) {
    const CrateRequest& request = key.request();
    exec::Executor& executor = build.service<exec::Executor>();
    auto graph = std::make_shared<ResolvedGraph>();
    graph->settings = request.settings;
    graph->identity = key.text();
    std::string cargo_home = co_await build.get(CargoHome());
    std::map<std::string, std::string> environment = co_await build.get(CargoEnvironment());
    CO_TRY_VOID(graph_detail::load(executor, request, cargo_home, environment, *graph));
    CO_TRY_VOID(graph_detail::find_lock(executor, build.service<fetch::NetworkHelper>(), *graph));
    std::string at = request.config_directory.empty() ? graph->workspace.root_directory : request.config_directory;
    std::string configured = graph_detail::configured_tool(graph->config, "rustc");
    RustToolchain rust = co_await build.get(FindRust(at, configured));
    graph->toolchain = rust;
    Wrappers wrappers = co_await build.get(graph_detail::wrappers_in(graph->config));
    graph->wrappers = wrappers;
    std::vector<std::string> no_words;
    c::Toolchain linker = co_await build.get(c::FindToolchain(c::Language::C, no_words));
    graph->linker = linker;
    Machines machines = co_await build.get(ProbeMachines(graph, graph_detail::wanted_target(request, graph->config)));
    graph->request.host = machines.host;
    graph->request.target = machines.target;
    graph->cross = machines.cross;
    NamedPrograms named = co_await build.get(graph_detail::named_programs(*graph));
    graph->named = named;
    graph->request.profile = request.profile;
    graph->request.embeds_python = request.settings->python.embeds;
    CO_TRY(names, graph_detail::crate_names(request.crates, request.place, graph->workspace));
    if (graph_detail::merges(request)) {
        std::vector<exec::StagedFile> staged;
        staged.emplace_back("lib.rs", graph_detail::root_crate(graph_detail::library_names(graph->workspace, names)));
        exec::Outcome root = co_await build.get(exec::Stage(cat("root-", request.name), staged));
        graph->root_source = root.canonical("lib.rs");
    }
    if (!request.settings->python.pyo3_config.empty()) {
        std::vector<exec::StagedFile> staged;
        staged.emplace_back("pyo3-config.txt", request.settings->python.pyo3_config);
        std::string label = cat("python-config-", digest_of(request.settings->python.pyo3_config).short_hex(8));
        exec::Outcome file = co_await build.get(exec::Stage(label, staged));
        graph->python_config = file.canonical("pyo3-config.txt");
        graph->python_inputs = file.all_inputs();
    }
    FetchPlan plan{&graph->workspace, cargo_home, graph->fetch_manifest};
    CO_TRY(located, find_sources(executor, plan));
    CO_TRY(selection, graph_detail::selection_of(request, names, graph->root_source, graph->workspace));
    graph->request.selection = selection;
    CO_TRY_VOID(graph_detail::fetch_sources(build, *graph, plan, selection, located));
    SourcePlaces places(executor, located, *graph->workspace.lock);
    PackageGraph packages(executor.files(), graph->workspace, places);
    CO_TRY_VOID(graph_detail::resolve_units(packages, request, *graph));
    if (graph_detail::has_local_scripts(graph->units)) {
        Selection whole = graph_detail::whole_workspace();
        whole.added_features = selection.added_features;
        CO_TRY_VOID(graph_detail::fetch_sources(build, *graph, plan, whole, located));
        CO_TRY_VOID(graph_detail::describe_workspace(packages, *graph));
    }
    CO_TRY_VOID(graph_detail::check_rust_version(*graph));
    CO_TRY_VOID(graph_detail::check_sources(executor.files(), *graph));
    graph->places = places.places;
    CO_TRY(cargo, executor.own_program_as("cargo", graph_detail::k_cargo_revision));
    graph->cargo_program = cargo;
    if (!request.exports.empty() && !graph->units.roots.empty()) {
        RootLink& link = graph->root_link;
        link.real_linker = linker_of(graph->request.target ? *graph->request.target : graph->request.host);
        std::vector<exec::StagedFile> files = export_linker(link.real_linker, request.exports);
        std::string& label = graph->units.units[graph->units.roots[0]].label;
        label = label_with_exports(label, request);
        exec::Outcome staged = co_await build.get(exec::Stage("linker-" + label, files));
        link.linker = staged.canonical(files[0].path);
        link.inputs = staged.all_inputs();
    }
    if (!request.soname.empty()) graph->root_link.arguments.push_back("-Wl,-soname," + request.soname);
    graph->layout = graph_detail::layout_of(*graph, cargo);
    co_return SharedGraph(graph);
}

}  // namespace cermet::rust

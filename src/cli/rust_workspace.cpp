// Plain Rust workspaces: found, built, delivered into target/.
// SPDX-License-Identifier: MIT
#include "cli/rust_workspace.h"

#include <charconv>

#include "base/path.h"
#include "base/text.h"
#include "base/toml.h"
#include "cli/kept_words.h"
#include "exec/environment.h"
#include "exec/places.h"
#include "exec/world.h"
#include "languages/python/crate_requests.h"
#include "languages/python/package.h"
#include "platform/os.h"

namespace cermet::cli {
std::string nearest_manifest(const std::string& directory) {
    for (std::string at = directory;; at = std::string(parent(at))) {
        std::string path = join_path(at, "Cargo.toml");
        if (platform::is_file(path)) return path;
        if (at == "/" || at.empty()) return {};
    }
}

namespace rust_workspace_detail {

// A pyproject.toml that only configures other tools is no project.
bool is_project(const std::string& directory) {
    if (platform::is_file(join_path(directory, "cermet.toml"))) return true;
    std::optional<std::string> text = platform::find_file_bytes(join_path(directory, "pyproject.toml"));
    if (!text) return false;
    Result<Toml> parsed = parse_toml(*text, "pyproject.toml");
    if (!parsed.ok()) return true;  // its reader says what is wrong
    return parsed->find("project") != nullptr || parsed->find("build-system") != nullptr ||
           parsed->find_path("tool.cermet") != nullptr;
}

Result<std::string> given_manifest(const std::string& directory, const std::string& given) {
    std::string path = join_path(directory, given);
    if (file_name(path) != "Cargo.toml") {
        return usage_error(cat("--manifest-path must name a Cargo.toml, not ", given));
    }
    if (!platform::is_file(path)) return usage_error(cat("--manifest-path names ", given, ", which does not exist"));
    TRY(real, platform::real_path(std::string(parent(path))));
    return join_path(real, "Cargo.toml");
}

// The lowest directory that holds the workspace and every crate of it.
Result<Checkout> checkout_of(const rust::Workspace& workspace, const std::string& project) {
    std::vector<std::string> directories = {workspace.root_directory, project};
    for (const rust::PackagePtr& package : workspace.local_packages()) {
        directories.push_back(package->directory);
        for (const rust::Target& target : package->targets) directories.emplace_back(parent(target.src_path));
    }
    Checkout checkout;
    checkout.host = common_parent(directories);
    if (checkout.host.empty() || checkout.host == "/") {
        return project_error(cat("the crates of ", workspace.root_manifest, " have no directory in common but /"),
                             "put the workspace and its path dependencies below one directory");
    }
    checkout.directory = join_path(exec::k_ws, relative_to(project, checkout.host));
    return checkout;
}

Result<int> jobs_of(const rust::CargoConfig& config) {
    std::optional<std::string> text = config.string("build.jobs");
    if (!text || *text == "default") return 0;
    int number = 0;
    const auto [end, failed] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (failed != std::errc() || end != text->data() + text->size() || number == 0) {
        return project_error(cat("build.jobs of cargo's configuration is '", *text, "'"),
                             "`default`, a number above 0, or one below it to leave so many CPUs idle")
            .at(config.where("build.jobs"));
    }
    return number < 0 ? std::max(1, platform::cpu_count() + number) : number;
}

std::string canonical_of(const Checkout& checkout, const std::string& host) {
    if (!is_within(host, checkout.host)) return host;
    return join_path(exec::k_ws, relative_to(host, checkout.host));
}

std::vector<std::string> feature_names(const std::vector<std::string>& given) {
    std::vector<std::string> all;
    for (const std::string& text : given) {
        for (const std::string& feature : split_words(replace_all(text, ",", " "))) all.push_back(feature);
    }
    return all;
}

std::string profile_of(const Arguments& arguments) {
    if (!arguments.profile.empty()) return arguments.profile == "debug" ? "dev" : arguments.profile;
    return arguments.cargo.release ? "release" : "dev";
}

rust::Selection selection_of(const Arguments& arguments) {
    const CargoArguments& cargo = arguments.cargo;
    rust::Selection chosen;
    chosen.packages = cargo.packages;
    chosen.packages.insert(chosen.packages.end(), arguments.short_p.begin(), arguments.short_p.end());
    chosen.workspace = cargo.workspace;
    chosen.exclude = cargo.exclude;
    chosen.features = feature_names(cargo.features);
    chosen.default_features = !cargo.no_default_features;
    chosen.all_features = cargo.all_features;
    chosen.lib = cargo.lib;
    chosen.all_bins = cargo.all_bins;
    chosen.bins = cargo.bins;
    chosen.all_examples = cargo.all_examples;
    chosen.examples = cargo.examples;
    return chosen;
}

Status check_arguments(const Arguments& arguments) {
    if (!arguments.python.empty()) {
        return usage_error("--python has no meaning in a Rust workspace",
                           "PYO3_PYTHON names the Python of PyO3 crates");
    }
    const CargoArguments& cargo = arguments.cargo;
    if (!cargo.exclude.empty() && !cargo.workspace) {
        return usage_error("--exclude can only be used together with --workspace");
    }
    if (cargo.release && !arguments.profile.empty() && arguments.profile != "release") {
        return usage_error("--release and --profile contradict each other", "say only one of them");
    }
    return {};
}

// Everything of the command line that decides the answer.
std::string words_of(const Arguments& arguments, const RustWorkspace& workspace) {
    const rust::Selection chosen = selection_of(arguments);
    Json json;
    json.set("manifest", workspace.manifest).set("profile", profile_of(arguments)).set("target", arguments.target);
    json.set("packages", Json::strings(chosen.packages)).set("exclude", Json::strings(chosen.exclude));
    json.set("features", Json::strings(chosen.features)).set("config", Json::strings(arguments.cargo.config));
    json.set("bins", Json::strings(chosen.bins)).set("examples", Json::strings(chosen.examples));
    json.set("workspace", chosen.workspace).set("default", chosen.default_features).set("all", chosen.all_features);
    json.set("lib", chosen.lib).set("all-bins", chosen.all_bins).set("all-examples", chosen.all_examples);
    json.set("locked", arguments.locked).set("offline", arguments.offline);
    return json.dump();
}

// The variables that cargo's configuration is made of, and those that fit `more`.
std::map<std::string, std::string> cargo_environment(const std::vector<std::string>& more = {}) {
    const std::map<std::string, std::string> user = exec::user_environment();
    std::vector<std::string> patterns = rust::cargo_variables();
    patterns.insert(patterns.end(), more.begin(), more.end());
    std::map<std::string, std::string> found;
    for (const std::string& name : exec::World::variables(join(patterns, " "), user)) found[name] = user.at(name);
    return found;
}

std::string key_of(Session& session, const Arguments& arguments, const RustWorkspace& workspace) {
    std::string words = words_of(arguments, workspace);
    for (const auto& [name, value] : cargo_environment()) words += cat("\n", name, "=", value);
    const std::string key = request_key(session, cat("rust\n", words));
    return cat("rust ", digest_of(key).hex());
}

struct Delivery {
    std::string path;  // real
    exec::Input file;
};

Json answer_of(const rust::WorkspaceArtifacts& built, const KeptWords& kept) {
    Json::Array files;
    for (const rust::WorkspaceArtifact& one : built.files) {
        Json file;
        file.set("path", one.delivered).set("digest", one.file.digest.text());
        file.set("executable", one.file.kind == exec::InputKind::Executable);
        files.push_back(std::move(file));
    }
    Json answer;
    answer.set("directory", built.directory).set("files", Json(std::move(files))).set("said", kept.json());
    return answer;
}

// nullopt when the answer is damaged or bytes are gone: it is built again then.
std::optional<rust::WorkspaceArtifacts> artifacts_of_answer(const Json& answer, store::Store& store) {
    rust::WorkspaceArtifacts built;
    built.directory = answer["directory"].string();
    for (const Json& one : answer["files"].array()) {
        rust::WorkspaceArtifact artifact;
        artifact.delivered = one["path"].string();
        artifact.file.path = artifact.delivered;
        if (one["executable"].boolean()) artifact.file.kind = exec::InputKind::Executable;
        if (!Digest::parse(one["digest"].string(), artifact.file.digest)) return std::nullopt;
        if (!store.has(artifact.file.digest)) return std::nullopt;
        built.files.push_back(std::move(artifact));
    }
    return built;
}

// Marks a new target directory as one that backups leave out, as cargo does.
Status mark_directory(const std::string& directory) {
    if (platform::exists(directory)) return {};
    TRY_VOID(platform::make_directories(directory));
    return platform::write_file(
        join_path(directory, "CACHEDIR.TAG"),
        "Signature: 8a477f597d28d172789f06886806bc55\n"
        "# This directory holds what cermet and cargo make again: https://bford.info/cachedir/\n");
}

Status deliver(Session& session, const Arguments& arguments, const RustWorkspace& workspace,
               const rust::WorkspaceArtifacts& built) {
    std::string directory = join_path(workspace.target_directory, built.directory);
    if (arguments.out_given) {
        directory = join_path(platform::current_directory(), arguments.out_dir);
    } else if (!built.files.empty()) {
        TRY_VOID(mark_directory(workspace.target_directory));
    }
    for (const rust::WorkspaceArtifact& one : built.files) {
        const std::string name = arguments.out_given ? std::string(file_name(one.delivered)) : one.delivered;
        const bool program = one.file.kind == exec::InputKind::Executable;
        const std::string path = join_path(directory, name);
        TRY_VOID(session.deliver(one.file, path, program ? 0755 : 0644));
        if (extension(path) != ".rlib" && !arguments.quiet) print_line(path);
    }
    return {};
}

Result<rust::WorkspaceArtifacts> build_now(Session& session, const Arguments& arguments, const RustWorkspace& workspace,
                                           const KeptWords& kept) {
    TRY_VOID(session.start());
    TRY(request, rust_request(session, arguments, workspace));
    TRY(built, session.run(request));
    TRY_VOID(session.executor().save_request(key_of(session, arguments, workspace), answer_of(built, kept).dump()));
    return built;
}

}  // namespace rust_workspace_detail

rust::ConfigRequest host_config_request(const std::string& directory) {
    rust::ConfigRequest request;
    request.cwd = directory;
    request.directories = rust::with_parents(directory, "/");
    std::optional<std::string> home = platform::environment("CARGO_HOME");
    request.cargo_home =
        home && !home->empty() ? *home : join_path(platform::environment("HOME").value_or("/"), ".cargo");
    request.environment = rust_workspace_detail::cargo_environment({"CARGO_*"});
    return request;
}

Result<std::optional<RustWorkspace>> find_rust_workspace(const Arguments& arguments) {
    using namespace rust_workspace_detail;
    RustWorkspace found;
    const std::string named = join_path(platform::current_directory(), arguments.directory);
    if (!platform::is_directory(named)) return std::optional<RustWorkspace>();  // the session says so
    TRY(directory, platform::real_path(named));
    found.directory = directory;
    if (!arguments.cargo.manifest_path.empty()) {
        TRY(manifest, given_manifest(directory, arguments.cargo.manifest_path));
        found.manifest = manifest;
    } else if (!is_project(directory)) {
        found.manifest = nearest_manifest(directory);
        if (found.manifest.empty() && !arguments.cargo.first.empty()) {
            return usage_error(cat("there is no Cargo.toml in ", directory, " or above it"),
                               cat(arguments.cargo.first, " is for Rust workspaces"));
        }
    }
    if (found.manifest.empty()) return std::optional<RustWorkspace>();
    TRY_VOID(check_arguments(arguments));
    HostFiles files;
    rust::ConfigRequest wanted = host_config_request(directory);
    wanted.overrides = arguments.cargo.config;
    TRY(config, rust::load_config(files, wanted));
    TRY(workspace, rust::load_workspace(files, found.manifest, config));
    found.root = workspace.root_directory;
    TRY(checkout, checkout_of(workspace, std::string(parent(found.manifest))));
    found.checkout = checkout;
    TRY(jobs, jobs_of(config));
    found.jobs = jobs;
    found.offline = config.offline;
    std::string target = config.target_directory.empty() ? "target" : config.target_directory;
    found.target_directory = arguments.cargo.target_dir.empty() ? join_path(found.root, target)
                                                                : join_path(directory, arguments.cargo.target_dir);
    return std::optional<RustWorkspace>(found);
}

Status without_cargo_options(Arguments& arguments) {
    if (!arguments.cargo.first.empty()) {
        return usage_error(cat(arguments.cargo.first, " is for Rust workspaces, and this project is none"),
                           "profiles are chosen with --profile; what is built is said in [tool.cermet]");
    }
    if (!arguments.short_p.empty()) arguments.python = arguments.short_p.back();
    return {};
}

Status without_targets(const Arguments& arguments) {
    if (arguments.targets.empty()) return {};
    return usage_error(cat("'", arguments.targets[0], "' is no target here: this is a Rust workspace"),
                       cat("name packages with -p, programs with --bin: -p ", arguments.targets[0]));
}

Result<SessionSettings> rust_settings(const Arguments& arguments, const RustWorkspace& workspace,
                                      Listeners& listeners) {
    TRY(settings, settings_of(arguments, listeners, NeedPython::No));
    settings.directory = std::string(parent(workspace.manifest));
    settings.checkout = workspace.checkout;
    settings.request.profile.clear();  // cargo's, not Cermet's
    settings.request.offline = settings.request.offline || workspace.offline;
    if (settings.jobs == 0) settings.jobs = workspace.jobs;
    return settings;
}

Result<SessionSettings> settings_anywhere(Arguments& arguments, Listeners& listeners,
                                          std::optional<RustWorkspace>& workspace) {
    TRY(found, find_rust_workspace(arguments));
    workspace = found;
    if (workspace) return rust_settings(arguments, *workspace, listeners);
    TRY_VOID(without_cargo_options(arguments));
    return settings_of(arguments, listeners);
}

Result<rust::BuildWorkspace> rust_request(Session& session, const Arguments& arguments,
                                          const RustWorkspace& workspace) {
    using namespace rust_workspace_detail;
    TRY(config, session.ask(python::LoadConfig()));
    rust::CrateRequest request;
    request.use = rust::CrateUse::Workspace;
    request.name = std::string(file_name(workspace.root));
    request.manifest_path = canonical_of(workspace.checkout, workspace.manifest);
    request.profile = profile_of(arguments);
    request.packages = selection_of(arguments);
    request.config_directory = canonical_of(workspace.checkout, workspace.directory);
    request.config_overrides = arguments.cargo.config;
    auto settings = std::make_shared<rust::CrateSettings>(*python::crate_settings(*config, session.request()));
    if (!arguments.target.empty()) settings->target = arguments.target;
    request.settings = settings;
    return rust::BuildWorkspace(std::move(request));
}

int build_rust_workspace(const Arguments& arguments, const RustWorkspace& workspace) {
    using namespace rust_workspace_detail;
    Status no_targets = without_targets(arguments);
    if (!no_targets.ok()) return print_error(no_targets.error());
    Listeners listeners(arguments);
    Result<SessionSettings> settings = rust_settings(arguments, workspace, listeners);
    if (!settings.ok()) return print_error(settings.error());
    Result<std::unique_ptr<Session>> session = Session::open(*settings);
    if (!session.ok()) return print_error(session.error());
    const std::string key = key_of(**session, arguments, workspace);
    Remembered remembered = find_remembered(**session, key);
    if (remembered.holds) {
        std::optional<rust::WorkspaceArtifacts> known = artifacts_of_answer(remembered.answer, (*session)->store());
        if (known && deliver(**session, arguments, workspace, *known).ok()) {
            say_again(listeners.console(), remembered.answer["said"]);
            return 0;
        }
    }
    Result<rust::WorkspaceArtifacts> built = build_now(**session, arguments, workspace, listeners.kept());
    if (!built.ok()) return print_failures(**session, built.error());
    Status delivered = deliver(**session, arguments, workspace, *built);
    return delivered.ok() ? print_checked(**session) : print_error(delivered.error());
}

}  // namespace cermet::cli

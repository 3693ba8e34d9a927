// A test driver for the Rust model: prints the unit graph, the commands or the metadata of a cargo workspace as JSON.
// SPDX-License-Identifier: MIT
//
// Used by tests/judges/*.py. It reads the host's files directly and finds unpacked registry packages under CARGO_HOME,
// which the real build never does: there, packages are unpacked from verified archives.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <unistd.h>

#include "base/path.h"
#include "base/text.h"
#include "languages/rust/model.h"

namespace fs = std::filesystem;
using namespace cermet;
using namespace cermet::rust;

namespace {

class DiskFiles : public SourceFiles {
   public:
    std::optional<std::string> read(const std::string& path) override {
        if (kind(path) != SourceKind::File) return std::nullopt;
        std::ifstream in(path, std::ios::binary);
        if (!in) return std::nullopt;
        return std::string(std::istreambuf_iterator<char>(in), {});
    }
    SourceKind kind(const std::string& path) override {
        std::error_code error;
        fs::file_status status = fs::status(path, error);
        if (fs::is_regular_file(status)) return SourceKind::File;
        return fs::is_directory(status) ? SourceKind::Directory : SourceKind::Absent;
    }
    std::vector<SourceEntry> list(const std::string& directory) override {
        std::vector<SourceEntry> out;
        std::error_code error;
        for (const auto& entry : fs::directory_iterator(directory, error)) {
            std::string name = entry.path().filename().string();
            out.push_back(SourceEntry{name, kind(entry.path().string())});
        }
        std::sort(out.begin(), out.end(),
                  [](const SourceEntry& a, const SourceEntry& b) { return a.name < b.name; });
        return out;
    }
    std::optional<Digest> digest(const std::string& path) override {
        std::optional<std::string> bytes = read(path);
        return bytes ? std::optional<Digest>(digest_of(*bytes)) : std::nullopt;
    }
};

class DiskPlaces : public PackagePlaces {
   public:
    DiskPlaces(SourceFiles& files, std::string home) : files_(files), home_(std::move(home)) {}
    std::map<std::size_t, LocatedSource> located;
    Result<std::string> directory(const LockedPackage& package) override {
        for (const auto& [index, source] : located) {
            if (source.id.name != package.name || source.id.version != package.version ||
                !(source.id.source == *package.source))
                continue;
            if (source.kind == LocatedSource::Kind::Directory) return source.host_path;
            if (source.kind == LocatedSource::Kind::Git)
                return *find_in_checkout(files_, source.host_path, package.name, package.version);
            if (source.kind == LocatedSource::Kind::Missing)
                return environment_error(cat("sources of ", package.name, " ", package.version, ": ", source.reason));
        }
        std::string base = join_path(home_, "registry/src");
        for (const SourceEntry& entry : files_.list(base)) {
            std::string path = cat(base, "/", entry.name, "/", package.name, "-", package.version);
            if (files_.kind(path) == SourceKind::Directory) return path;
        }
        return environment_error(cat("no unpacked sources of ", package.name, " ", package.version));
    }

   private:
    SourceFiles& files_;
    std::string home_;
};

int fail(const Error& error) {
    std::fputs(render(error).c_str(), stderr);
    return exit_code(error.kind);
}

struct Options {
    std::string what, manifest, target, cfg_file, host = "x86_64-unknown-linux-gnu";
    GraphRequest request;
};

bool parse(int argc, char** argv, Options& options) {
    if (argc < 2) return false;
    options.what = argv[1];
    Selection& s = options.request.build.selection;
    for (int i = 2; i < argc; ++i) {
        std::string_view arg = argv[i];
        auto next = [&]() -> std::string { return i + 1 < argc ? argv[++i] : ""; };
        if (arg == "--manifest-path") options.manifest = next();
        else if (arg == "-p") s.packages.push_back(next());
        else if (arg == "--workspace") s.workspace = true;
        else if (arg == "--exclude") s.exclude.push_back(next());
        else if (arg == "--features") for (auto& f : split(replace_all(next(), ",", " "), ' ')) { if (!f.empty()) s.features.push_back(f); }
        else if (arg == "--no-default-features") s.default_features = false;
        else if (arg == "--all-features") s.all_features = true;
        else if (arg == "--lib") s.lib = true;
        else if (arg == "--bins") s.all_bins = true;
        else if (arg == "--bin") s.bins.push_back(next());
        else if (arg == "--example") s.examples.push_back(next());
        else if (arg == "--release") options.request.build.profile = "release";
        else if (arg == "--profile") options.request.build.profile = next();
        else if (arg == "--target") options.target = next();
        else if (arg == "--host") options.host = next();
        else if (arg == "--cfg-file") options.cfg_file = next();
        else return false;
    }
    return !options.manifest.empty();
}

}  // namespace

int print_commands(const Workspace& workspace, const UnitGraph& units, const BuildRequest& build);

int main(int argc, char** argv) {
    Options options;
    if (!parse(argc, argv, options)) {
        std::fputs("usage: rust_model unit-graph|commands|metadata --manifest-path FILE …\n", stderr);
        return 2;
    }
    DiskFiles files;
    const char* home_env = std::getenv("CARGO_HOME");
    std::string home = home_env != nullptr ? home_env : join_path(std::getenv("HOME"), ".cargo");
    options.manifest = join_path(fs::current_path().string(), options.manifest);
    ConfigRequest config_request;
    for (std::string d(parent(options.manifest));; d = std::string(parent(d))) {
        config_request.directories.push_back(d);
        if (d == "/") break;
    }
    config_request.cargo_home = home;
    config_request.cwd = std::string(parent(options.manifest));
    for (char** e = environ; *e != nullptr; ++e) {
        std::string_view entry = *e;
        std::size_t equals = entry.find('=');
        std::string name(entry.substr(0, equals));
        if (name.starts_with("CARGO_") || name == "RUSTFLAGS") config_request.environment[name] = std::string(entry.substr(equals + 1));
    }
    Result<CargoConfig> config = load_config(files, config_request);
    if (!config) return fail(config.error());
    Result<Workspace> workspace = load_workspace(files, options.manifest, *config);
    if (!workspace) return fail(workspace.error());
    BuildRequest& build = options.request.build;
    std::string cfg_text = files.read(options.cfg_file).value_or("unix\n");
    Result<TargetInfo> host = parse_target_info(options.host, cfg_text);
    if (!host) return fail(host.error());
    build.host = *host;
    Result<std::vector<std::string>> flags = rustflags_for(*config, options.host, host->cfgs);
    if (!flags) return fail(flags.error());
    build.host.rustflags = *flags;
    Result<std::string> linker = linker_for(*config, options.host, host->cfgs);
    if (!linker) return fail(linker.error());
    build.host.linker = *linker;
    if (!options.target.empty()) {
        Result<TargetInfo> target = parse_target_info(options.target, cfg_text);
        if (!target) return fail(target.error());
        build.target = *target;
        build.target->rustflags = *flags;
        build.host.rustflags.clear();
    }
    DiskPlaces places(files, home);
    Result<std::vector<LocatedSource>> located = locate_sources(files, *workspace, LocateRequest{home});
    if (!located) return fail(located.error());
    for (LocatedSource& source : *located) places.located.emplace(source.lock_index, std::move(source));
    PackageGraph graph(files, *workspace, places);
    if (Status started = graph.start(); !started) return fail(started.error());
    if (options.what == "metadata") {
        MetadataRequest request;
        request.selection = build.selection;
        request.host = &build.host;
        request.target_directory = join_path(workspace->root_directory, "target");
        Result<Json> json = metadata_json(graph, request);
        if (!json) return fail(json.error());
        std::puts(json->dump().c_str());
        return 0;
    }
    Result<UnitGraph> units = build_units(graph, build);
    if (!units) return fail(units.error());
    for (const std::string& warning : units->warnings) std::fprintf(stderr, "warning: %s\n", warning.c_str());
    if (options.what == "commands") return print_commands(*workspace, *units, build);
    std::puts(unit_graph_json(*units).dump().c_str());
    return 0;
}

int print_commands(const Workspace& workspace, const UnitGraph& units, const BuildRequest& build) {
    Layout layout;
    for (const Unit& unit : units.units) layout.out.push_back(cat("/cermet/out/", unit.label));
    Json out{Json::Array{}};
    for (std::size_t i = 0; i < units.units.size(); ++i) {
        ScriptOutputs scripts;
        for (std::size_t run : script_runs_of(units, i)) scripts[run] = ScriptOutput{};
        const Unit& unit = units.units[i];
        if (unit.is_run()) for (const UnitDep& dep : unit.deps) if (units.units[dep.unit].is_run()) scripts[dep.unit] = ScriptOutput{};
        Command command = unit.is_run()
                              ? script_command(units, i, build, layout, scripts, workspace.config)
                              : rustc_command(units, i, build, layout, scripts, workspace.config);
        Json one;
        one.set("label", unit.label);
        one.set("argv", Json::strings(command.argv));
        Json env;
        env.set("_", nullptr);
        for (const auto& [name, value] : command.environment) env.set(name, value);
        one.set("env", env);
        one.set("cwd", command.cwd);
        Json artifacts{Json::Array{}};
        for (const Artifact& artifact : command.artifacts) artifacts.push(artifact.file);
        one.set("artifacts", artifacts);
        out.push(std::move(one));
    }
    std::puts(out.dump().c_str());
    return 0;
}

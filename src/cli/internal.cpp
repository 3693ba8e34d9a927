// `cermet internal …`: what tests and the documentation ask the program itself: unit graphs, reference page, schema.
// SPDX-License-Identifier: MIT
//
//   cermet internal unit-graph --manifest-path M [-p SPEC]… [--features F] [--profile P] [--target T] …
//   cermet internal rust-commands …the same… [--scripts FILE]
//   cermet internal configuration-reference
//   cermet internal schema
// The unit graph is that of cargo's --unit-graph, by the same model that builds; with real paths, outside of any build.
#include <cstdio>
#include <map>

#include "base/path.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/internal_commands.h"
#include "cli/rust_workspace.h"
#include "fetch/packages.h"
#include "languages/rust/model.h"
#include "options/config.h"
#include "platform/os.h"

namespace cermet::cli {
namespace internal_detail {

// Unpacks what the model asks for into the cache, as builds do, and gives the real directories.
class CachedPlaces : public rust::PackagePlaces {
   public:
    CachedPlaces(store::Store& store, SourceFiles& files, const rust::Workspace& workspace,
                 std::vector<rust::LocatedSource> located)
        : store_(store), files_(files), workspace_(workspace) {
        for (rust::LocatedSource& source : located) located_.emplace(source.lock_index, std::move(source));
    }

    Result<std::string> directory(const rust::LockedPackage& package) override {
        using Kind = rust::LocatedSource::Kind;
        std::size_t index = static_cast<std::size_t>(&package - workspace_.lock->packages.data());
        auto found = located_.find(index);
        if (found == located_.end()) return bug(cat("the lock's package has no source: ", package.name));
        const rust::LocatedSource& source = found->second;
        if (source.kind == Kind::Crate) {
            TRY(place,
                fetch::import_crate(store_, source.id.name, source.id.version, source.checksum, source.host_path));
            return place.host;
        }
        if (source.kind == Kind::Missing || source.kind == Kind::Path) {
            return environment_error(cat("the source of ", source.id.name, " ", source.id.version,
                                         " is not on this machine: ", source.reason),
                                     "run `cargo fetch`");
        }
        TRY(place, fetch::import_directory(store_, source.package_name, source.host_path));
        if (source.kind != Kind::Git) return place.host;
        std::optional<std::string> inner =
            rust::find_in_checkout(files_, place.host, source.id.name, source.id.version);
        if (!inner)
            return project_error(cat("the git source of ", source.id.name, " has no package of that name and version"));
        return *inner;
    }

   private:
    store::Store& store_;
    SourceFiles& files_;
    const rust::Workspace& workspace_;
    std::map<std::size_t, rust::LocatedSource> located_;
};

struct GraphWords {
    std::string manifest;
    std::string cfg_file;  // the text of `rustc --print cfg`; else rustc is asked
    std::string host, target;
    std::string scripts_file;  // JSON: what build scripts printed
    rust::BuildRequest build;
};

void add_features(std::vector<std::string>& features, const std::string& text) {
    for (const std::string& feature : split_words(replace_all(text, ",", " "))) features.push_back(feature);
}

Result<GraphWords> read_words(const std::vector<std::string>& words) {
    GraphWords read;
    rust::Selection& chosen = read.build.selection;
    std::map<std::string, std::vector<std::string>*> lists = {{"-p", &chosen.packages},
                                                              {"--package", &chosen.packages},
                                                              {"--exclude", &chosen.exclude},
                                                              {"--bin", &chosen.bins},
                                                              {"--example", &chosen.examples}};
    std::map<std::string, std::string*> texts = {
        {"--manifest-path", &read.manifest}, {"--cfg-file", &read.cfg_file},
        {"--scripts", &read.scripts_file},   {"--host", &read.host},
        {"--target", &read.target},          {"--profile", &read.build.profile}};
    for (std::size_t i = 1; i < words.size(); ++i) {
        const std::string& word = words[i];
        bool more = i + 1 < words.size();
        if (word == "--workspace" || word == "--all")
            chosen.workspace = true;
        else if (word == "--no-default-features")
            chosen.default_features = false;
        else if (word == "--all-features")
            chosen.all_features = true;
        else if (word == "--lib")
            chosen.lib = true;
        else if (word == "--bins")
            chosen.all_bins = true;
        else if (word == "--examples")
            chosen.all_examples = true;
        else if (word == "--release" || word == "-r")
            read.build.profile = "release";
        else if (lists.count(word) != 0 && more)
            lists[word]->push_back(words[++i]);
        else if (texts.count(word) != 0 && more)
            *texts[word] = words[++i];
        else if ((word == "--features" || word == "-F") && more)
            add_features(chosen.features, words[++i]);
        else
            return usage_error(cat("internal unit-graph does not know ", word));
    }
    if (read.manifest.empty()) return usage_error("internal unit-graph needs --manifest-path");
    read.manifest = join_path(platform::current_directory(), read.manifest);
    return read;
}

Result<std::string> ask_rustc(const std::string& directory, std::vector<std::string> words) {
    TRY(helper, fetch::NetworkHelper::start());
    fetch::NetworkCommand command;
    command.argv = {"rustc"};
    command.argv.insert(command.argv.end(), words.begin(), words.end());
    command.cwd = directory;
    command.purpose = "ask rustc";
    command.needs_network = false;
    return helper->need(command);
}

Result<std::string> host_triple(const GraphWords& words) {
    if (!words.host.empty()) return words.host;
    TRY(printed, ask_rustc(std::string(parent(words.manifest)), {"-vV"}));
    for (const std::string& line : split_lines(printed)) {
        if (line.compare(0, 6, "host: ") == 0) return line.substr(6);
    }
    return environment_error("rustc -vV names no host");
}

// rustc is asked once, and again where its answer brings other flags, as for a build.
Result<rust::TargetInfo> target_info(const GraphWords& words, const rust::CargoConfig& config,
                                     const std::string& triple) {
    std::string text;
    TRY(flags, rust::rustflags_for(config, triple, {}));
    for (int turn = 0; turn < 2; ++turn) {
        if (!words.cfg_file.empty()) {
            TRY(given, platform::read_file(words.cfg_file));
            text = given;
        } else {
            TRY(asked, ask_rustc(std::string(parent(words.manifest)), rust::target_probe_words(flags, triple)));
            text = asked;
        }
        TRY(found, rust::parse_target_info(triple, text));
        TRY(more, rust::rustflags_for(config, triple, found.cfgs));
        if (more == flags) break;
        flags = more;
    }
    TRY(target, rust::parse_target_info(triple, text));
    TRY(linker, rust::linker_for(config, triple, target.cfgs));
    target.rustflags = flags;
    target.linker = linker;
    return target;
}

Result<Json> unit_graph(const std::vector<std::string>& words_given) {
    TRY(words, read_words(words_given));
    HostFiles files;
    const rust::ConfigRequest wanted = host_config_request(std::string(parent(words.manifest)));
    const std::string home = wanted.cargo_home;
    TRY(config, rust::load_config(files, wanted));
    for (const auto& [name, entry] : config.env) {
        if (std::optional<std::string> own = platform::environment(name)) config.environment[name] = *own;
    }
    TRY(workspace, rust::load_workspace(files, words.manifest, config));
    if (!workspace.lock) return project_error(cat("there is no Cargo.lock for ", workspace.root_manifest));
    rust::BuildRequest build = words.build;
    TRY(triple, host_triple(words));
    TRY(host, target_info(words, config, triple));
    build.host = host;
    if (!words.target.empty()) {
        TRY(target, target_info(words, config, words.target));
        build.target = target;
        build.host.rustflags.clear();
    }
    TRY(located, rust::locate_sources(files, workspace, rust::LocateRequest{home}));
    TRY(store, store::Store::open(store::Store::default_directory()));
    CachedPlaces places(*store, files, workspace, located);
    rust::PackageGraph graph(files, workspace, places);
    TRY_VOID(graph.start());
    TRY(units, rust::build_units(graph, build));
    for (const std::string& warning : units.warnings) std::fprintf(stderr, "warning: %s\n", warning.c_str());
    if (words_given[0] == "rust-commands") return rust_commands(units, build, config, words.scripts_file);
    return rust::unit_graph_json(units);
}

}  // namespace internal_detail

int internal_command(const Arguments& arguments) {
    std::string what = arguments.words.empty() ? "" : arguments.words[0];
    if (what == "unit-graph" || what == "rust-commands") {
        Result<Json> graph = internal_detail::unit_graph(arguments.words);
        if (!graph.ok()) return print_error(graph.error());
        print_line(graph->dump());
        return 0;
    }
    if (what == "configuration-reference") {
        print_line(std::string(trim(options::configuration_reference())));
        return 0;
    }
    if (what == "schema") {
        print_line(options::configuration_schema().dump(2));
        return 0;
    }
    return print_error(usage_error(cat("internal does not know ", what.empty() ? "what to do" : what),
                                   "unit-graph, rust-commands, configuration-reference or schema"));
}

}  // namespace cermet::cli
